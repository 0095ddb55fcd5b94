package edge

import (
	"strings"
	"testing"

	"brink/edge/message"
)

// A fault of the node's own ends one request. Whoever waits is answered, the
// connection to the origin is given back, and nothing stays behind.
func TestPanic(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		fields []string
		answer []string
	}{
		{"shared", "GET", nil, []string{"Cache-Control: max-age=60"}},
		{"declined", "GET", nil, []string{"Cache-Control: private"}},
		{"alone", "GET", []string{"X-Odd: 1"}, []string{"Cache-Control: max-age=60"}},
		{"alone and declined", "GET", []string{"X-Odd: 1"}, []string{"Cache-Control: private"}},
		{"pass", "POST", nil, nil},
		{"posted", "POST", nil, []string{"Cache-Control: max-age=60", "Content-Location: /a"}},
		{"HEAD", "HEAD", nil, nil},
	} {
		for after := int32(1); after < 6; after++ {
			t.Run(c.name, func(t *testing.T) {
				var r *rig
				r = newRigOf(t, "", "max_connections = 1\nqueue = 0", func(a *ask) {
					if a.n == 1 {
						r.fault.Store(after)
					}
					a.give(200, "body", c.answer...)
				})
				r.survive(c.method, "/a", c.fields...)
				r.fault.Store(0)
				r.quiet()
				r.await("the connection to be given back", func() bool { return r.get("/b").status == 200 })
			})
		}
	}
}

// survive is do as an engine does it that goes on after a panic.
func (r *rig) survive(method, target string, fields ...string) {
	c := r.client()
	c.ask(method, target, fields...)
	func() {
		defer func() { _ = recover() }()
		c.serve()
		if c.reply().status == 200 {
			_, _ = c.content()
		}
	}()
	defer func() {
		if recover() != nil {
			r.node.Done(&c.x, message.Sent{})
		}
	}()
	c.done()
}

// Waiters are answered too.
func TestPanicWhileManyWait(t *testing.T) {
	var r *rig
	release := make(chan struct{})
	r = newRig(t, "", func(a *ask) {
		a.wait(release)
		if a.n == 1 {
			r.fault.Store(1)
		}
		a.give(200, "body", "Cache-Control: max-age=60")
	})
	answers := r.many(10, "/a")
	close(release)
	for _, a := range answers {
		if g := <-a; g.status != 500 || !strings.HasPrefix(g.field("Proxy-Status"), "edge-1; error=proxy_internal_error") {
			t.Errorf("%d %v", g.status, g.fields)
		}
	}
	r.get("/a").want(t, 200, "", "body")
}
