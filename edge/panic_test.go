package edge

import (
	"strings"
	"testing"
	"time"

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

// The same for a fetch that validates, completes or refreshes a stored response. Afterwards
// no fill and no refresh is left.
func TestPanicWithStored(t *testing.T) {
	const tag = `ETag: "v"`
	whole := func(a *ask) { a.give(200, "body", "Cache-Control: max-age=60", tag) }
	part := func(a *ask) {
		a.give(206, "bo", "Cache-Control: max-age=60", tag, "Content-Range: bytes 0-1/4")
	}
	for _, c := range []struct {
		name   string
		site   string
		stored func(*ask)
		field  string
		answer func(*ask)
	}{
		{"304", "", whole, "X-Odd: 1", func(a *ask) { a.give(304, "", "Cache-Control: max-age=60", tag) }},
		{"304 with Vary", "", whole, "X-Odd: 1", func(a *ask) { a.give(304, "", "Cache-Control: max-age=60", "Vary: X-A", tag) }},
		{"private 304", "", whole, "X-Odd: 1", func(a *ask) { a.give(304, "", "Cache-Control: private", tag) }},
		{"304 for another", "", whole, "X-Odd: 1", func(a *ask) {
			if !strings.HasPrefix(a.field("If-None-Match"), `"`) {
				whole(a)
				return
			}
			a.give(304, "", `ETag: "other"`)
		}},
		{"refresh", `stale_while_revalidate = "1h"`, whole, "X-Odd: 1", whole},
		{"private refresh", `stale_while_revalidate = "1h"`, whole, "X-Odd: 1", func(a *ask) { a.give(200, "body", "Cache-Control: private") }},
		{"refused refresh", `stale_while_revalidate = "1h"`, whole, "X-Odd: 1", func(a *ask) { a.give(403, "no", "Cache-Control: max-age=60") }},
		{"error", `stale_if_error = "1h"`, whole, "X-Odd: 1", func(a *ask) { a.give(500, "no") }},
		{"error alone", `stale_if_error = "1h"`, whole, "Cache-Control: no-store", func(a *ask) { a.give(500, "no") }},
		{"refused", "", whole, "Cookie: a=b", func(a *ask) { a.give(403, "no", "Cache-Control: public, max-age=60") }},
		{"rest", "", part, "X-Odd: 1", func(a *ask) {
			a.give(206, "dy", "Cache-Control: max-age=60", tag, "Content-Range: bytes 2-3/4")
		}},
		{"rest of another", "", part, "X-Odd: 1", func(a *ask) {
			if a.field("Range") == "" {
				whole(a)
				return
			}
			a.give(206, "dy", "Cache-Control: max-age=60", `ETag: "other"`, "Content-Range: bytes 2-3/4")
		}},
	} {
		for after := int32(1); after < 14; after++ {
			t.Run(c.name, func(t *testing.T) {
				var r *rig
				r = newRigOf(t, c.site, "max_connections = 1\nqueue = 0", func(a *ask) {
					switch {
					case a.target != "/a":
						a.give(200, "other")
					case a.n == 1:
						c.stored(a)
					default:
						if a.n == 2 {
							r.fault.Store(after)
						}
						c.answer(a)
					}
				})
				r.get("/a", "Range: bytes=0-1")
				r.quiet()
				r.now.Add(int64(70 * time.Second))
				r.survive("GET", "/a", c.field)
				time.Sleep(15 * time.Millisecond) // a refresh runs on
				r.fault.Store(0)
				r.quiet()
				r.await("the connection to be given back", func() bool { return r.get("/b").status == 200 })
				r.await("the end of the refresh", func() bool {
					s := &r.node.tables.Load().states[0]
					if !s.BeginRefresh() {
						return false
					}
					s.EndRefresh()
					return true
				})
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
