package pressure

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// crowdAddresses are the addresses of a crowd that is too large for one address.
var crowdAddresses = []string{"127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8", "127.0.0.9"}

// halfHeads are heads that stop in the middle, by their length.
var halfHeads = []struct {
	name   string
	length int
}{{"40 bytes", 40}, {"20 KB", 20_000}, {"60 KB", 60_000}}

// halfHead returns a head of some length without an end.
func halfHead(length int) string {
	head := "GET / HTTP/1.1\r\nHost: a.test\r\nX: "
	return head + strings.Repeat("x", length-len(head))
}

// headsOf is a crowd with half heads. Clients that are cut off come back.
func headsOf(n *subject, clients, length int) plan {
	return plan{Target: n.Address, From: crowdAddresses, Count: clients, Every: of(2*time.Second, 10*time.Second), Opening: halfHead(length)}
}

// Heads that never end take neither the memory nor the connections of a node.
func TestHalfHeads(t *testing.T) {
	for _, h := range halfHeads {
		t.Run(h.name, func(t *testing.T) {
			clients := of(1000, 17_500)
			r := begin(t, "half-heads", fmt.Sprintf("%d half heads of %s", clients, h.name))
			n := start(r, startOrigin(r, nil), settings{})
			w := n.watch(r, others)
			c := gather(r, headsOf(n, clients, h.length))
			c.assemble(r)
			time.Sleep(duringSpan())
			w.judge(r)
			r.attackers(c)
			n.recovers(r)
		})
	}
}
