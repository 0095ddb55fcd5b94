package pressure

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	others   = "127.0.0.2" // address of a client that does nothing else
	attacker = "127.0.0.3" // address that slow clients share with other clients
)

// Slow uploads do not take the connections to an origin away from others.
func TestSlowUploads(t *testing.T) {
	for _, way := range []struct{ name, framing, piece string }{
		{"8 MB announced", "Content-Length: 8000000", strings.Repeat("x", 800)},
		{"chunked", "Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n", 793, strings.Repeat("x", 793))},
	} {
		t.Run(way.name, func(t *testing.T) {
			clients := of(80, 1100)
			r := begin(t, "slow-uploads", fmt.Sprintf("%d POSTs at 800 bytes/s, %s", clients, way.name))
			n := start(r, startOrigin(r, nil), settings{origin: of("max_connections = 64", "")})
			w := n.watch(r, others, attacker)
			c := gather(r, plan{
				Target: n.Address, From: []string{attacker}, Count: clients, Every: time.Second,
				Opening: ask("POST", "/upload/$ID", way.framing), Piece: way.piece,
			})
			c.assemble(r)
			time.Sleep(duringSpan())
			w.judge(r)
			r.attackers(c)
			n.recovers(r)
		})
	}
}

// attackers ends an attack, and shows what became of its connections.
func (r *row) attackers(c *crowd) {
	r.Helper()
	s := c.now()
	c.leave()
	r.show("attackers", fmt.Sprintf("%d connected, %d ended by the node, answers %v", s.Open, s.Ended, s.Statuses))
}
