package limits

import (
	"flag"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

var (
	heads  = flag.Int("heads", 3000, "half heads of each size")
	memory = flag.Int("memory", 16, "MiB of the cache")
	limit  = flag.Int("limit", 160, "MiB of the cgroup")
)

// Heads that never end do not get the node killed: within its cgroup it serves others.
func TestHalfHeads(t *testing.T) {
	for _, length := range []int{40, 20_000, 31_000, 60_000} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			n := start(t, cgroup(t, *limit<<20), fmt.Sprintf("%dMiB", *memory), "")
			served(t, n, "127.0.0.2")
			half := "GET / HTTP/1.1\r\nHost: a.test\r\nX: "
			half += strings.Repeat("x", length-len(half))
			all := make([]net.Conn, 0, *heads)
			for i := range *heads {
				nc := dial(t, n, fmt.Sprintf("127.0.0.%d", 3+i%6))
				_ = nc.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(nc, half) // the node may have enough of it
				all = append(all, nc)
				if i%500 == 0 {
					served(t, n, "127.0.0.2")
				}
			}
			time.Sleep(500 * time.Millisecond)
			served(t, n, "127.0.0.2")
			allowed := int64(*memory)<<20*5/4 + 150e6
			if had := most(t, n.Cmd.Process.Pid); had > allowed {
				t.Errorf("%d MiB were resident, at most %d may be", had>>20, allowed>>20)
			} else {
				t.Logf("at most %d MiB resident", had>>20)
			}
			for _, nc := range all {
				nc.Close()
			}
		})
	}
}
