package attack

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// refusals are requests that the origin refuses because of one of their fields.
var refusals = []struct {
	name, field    string
	status, answer string
}{
	{"a scanner", "User-Agent: sqlmap/1.8", "403 Forbidden", ""},
	{"a scanner, not to be stored", "User-Agent: sqlmap/1.8", "403 Forbidden", "Cache-Control: no-store\r\n"},
	{"a long field", "Referer: " + strings.Repeat("x", 9000), "431 Request Header Fields Too Large", ""},
	{"a condition", `If-None-Match: "x"`, "412 Precondition Failed", ""},
	{"credentials", "Authorization: Basic eA==", "401 Unauthorized", "WWW-Authenticate: Basic\r\n"},
	{"an error of the server", "X-Odd: 1", "500 Internal Server Error", ""},
	{"a challenge", "User-Agent: sqlmap/1.8", "200 OK", "Cache-Control: no-store\r\n"},
}

// fastidious is an origin of pages that are fresh for three seconds. It refuses one
// kind of request, and may be down.
type fastidious struct {
	field, status, lines string
	good                 atomic.Int64 // requests for the page
	down                 atomic.Bool
}

func (o *fastidious) serve(a *answer, q *seen) {
	name, value, _ := strings.Cut(o.field, ": ")
	switch {
	case o.down.Load():
		a.reset()
	case q.fields.get(name) == value:
		a.reply(q, o.status, o.lines, "refused\n")
	default:
		o.good.Add(1)
		time.Sleep(300 * time.Millisecond) // the crowd comes meanwhile
		a.reply(q, "200 OK", "Cache-Control: max-age=3, stale-if-error=600\r\nETag: \"1\"\r\n", "page\n")
	}
}

// TestRefused has a crowd ask for a cold and for a stale page right after a request
// that the origin refused. It makes one fetch. When the origin is down, a refused
// request has not taken the page from the others.
func TestRefused(t *testing.T) {
	t.Parallel()
	origins := make([]*fastidious, len(refusals))
	s := setup{loose: true}
	for i, r := range refusals {
		origins[i] = &fastidious{field: r.field, status: r.status, lines: r.answer}
		s.routes = append(s.routes, route{prefix: fmt.Sprintf("/r/%d/", i), serve: origins[i].serve})
	}
	w := newWorld(t, s)
	for i, r := range refusals {
		t.Run("CPDoS/"+r.name, func(t *testing.T) {
			t.Parallel()
			o, target := origins[i], fmt.Sprintf("/r/%d/%s", i, newMark())
			for _, kind := range []string{"cold", "stale"} {
				w.asks(t, target, r.field)
				before := o.good.Load()
				w.throng(t, target, 200)
				if n := o.good.Load() - before; n > 1 {
					t.Errorf("%s: 200 clients made %d fetches", kind, n)
				}
				time.Sleep(3200 * time.Millisecond)
			}
			w.asks(t, target, r.field)
			o.down.Store(true)
			if got := w.asks(t, target, "X: 1"); got.status != 200 || got.body != "page\n" {
				t.Errorf("with the origin down: %d %q", got.status, got.body)
			}
		})
	}
}

// asks sends one request with a field.
func (w *world) asks(t *testing.T, target, field string) *response {
	t.Helper()
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n"+field+"\r\n\r\n")
	r, err := c.read()
	if err != nil {
		t.Fatalf("%s with %.40s: %v", target, field, err)
	}
	return r
}

// throng has n clients ask for a page at once.
func (w *world) throng(t *testing.T, target string, n int) {
	t.Helper()
	clients := make([]*client, n)
	for i := range clients {
		clients[i] = w.dial(t, fmt.Sprintf("127.0.0.%d", 4+i%5))
		defer clients[i].close()
	}
	var running sync.WaitGroup
	for _, c := range clients {
		running.Go(func() {
			c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
			if r, err := c.read(); err != nil || r.status != 200 || r.body != "page\n" {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
	running.Wait()
}
