package pressure

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Slow readers of what is not stored do not take the connections to an origin away
// from others.
func TestSlowReaders(t *testing.T) {
	for _, length := range []int64{100e6, 300e3} {
		name := fmt.Sprintf("%d KB", length/1000)
		t.Run(name, func(t *testing.T) {
			clients := of(80, 1100)
			r := begin(t, "slow-readers", fmt.Sprintf("%d readers at 1 KB/s of no-store bodies of %s", clients, name))
			n := start(r, startOrigin(r, answers{"large": large}), settings{origin: of("max_connections = 64", "")})
			w := n.watch(r, others, attacker)
			c := gather(r, plan{
				Target: n.Address, From: []string{attacker}, Count: clients, Every: time.Second,
				Opening: ask("GET", fmt.Sprintf("/large/%d/$ID", length)), Read: 1000, Buffer: 4096,
			})
			c.assemble(r)
			time.Sleep(duringSpan())
			w.judge(r)
			r.attackers(c)
			n.recovers(r)
		})
	}
}

// large answers /large/LENGTH with a body that may not be stored.
func large(w http.ResponseWriter, q *http.Request) {
	length, err := strconv.ParseInt(strings.Split(q.URL.Path, "/")[2], 10, 64)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", fmt.Sprint(length))
	zeros(w, length)
}
