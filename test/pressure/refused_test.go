package pressure

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// An error that the fields of one request provoke does not change how the node treats the
// URL for other clients.
func TestRefused(t *testing.T) {
	for _, f := range []struct {
		name   string
		status int
		field  string
	}{
		{"403 for a scanner", http.StatusForbidden, "User-Agent: nikto"},
		{"400 for a long field", http.StatusBadRequest, longField},
		{"431 for a long field", http.StatusRequestHeaderFieldsTooLarge, longField},
	} {
		t.Run(f.name, func(t *testing.T) {
			const clients = 200
			r := begin(t, "refused", fmt.Sprintf("%d clients right after a %s", clients, f.name))
			var down atomic.Bool
			o := startOrigin(r, answers{"picky": func(w http.ResponseWriter, q *http.Request) { picky(w, q, f.status, &down) }})
			n := start(r, o, settings{site: `stale_if_error = "1h"`})
			n.refusedThenHerd(r, o, "/picky/cold", f.field, clients)
			if _, err := n.get("", "/picky/stale"); err != nil {
				r.Fatal(err)
			}
			time.Sleep(lifetime + 500*time.Millisecond)
			n.refusedThenHerd(r, o, "/picky/stale", f.field, clients)
			time.Sleep(lifetime + 500*time.Millisecond)
			_, _ = n.get("", "/picky/stale", f.field)
			down.Store(true)
			answered, _ := n.herd("/picky/stale", clients)
			least(r, "stale while the origin is down, answered", answered, 1)
			n.recovers(r)
		})
	}
}

// lifetime is how long picky's answers are fresh.
const lifetime = 2 * time.Second

var longField = "Referer: http://a.test/" + strings.Repeat("x", 3000)

// picky answers after a while, as a server that refuses some requests. While it is down
// it does not answer.
func picky(w http.ResponseWriter, q *http.Request, refusal int, down *atomic.Bool) {
	switch {
	case down.Load():
		hangUp(w, q)
	case q.UserAgent() == "nikto", len(q.Referer()) > 2<<10:
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(refusal)
		return
	}
	pause(q, 500*time.Millisecond)
	w.Header().Set("Cache-Control", fmt.Sprintf("max-age=%d", int(lifetime.Seconds())))
	page(w, q)
}

// refusedThenHerd has one request refused, and then many clients ask at once.
func (n *subject) refusedThenHerd(r *row, o *origin, path, field string, clients int) {
	r.Helper()
	_, _ = n.get("", path, field) // refused, or answered with what is stored
	before := o.fetched(path)
	answered, fault := n.herd(path, clients)
	least(r, path+", answered", answered, 1)
	if fault != nil {
		r.Log(fault)
	}
	most(r, path+", fetches", count(o.fetched(path)-before), 1)
}

// herd has many clients ask for one path at once. It returns the share of them that got
// it, and the first fault.
func (n *subject) herd(path string, clients int) (share, error) {
	faults := make([]error, clients)
	var running sync.WaitGroup
	for i := range clients {
		running.Go(func() { _, faults[i] = n.get("", path) })
	}
	running.Wait()
	good, first := 0, error(nil)
	for _, err := range faults {
		switch {
		case err == nil:
			good++
		case first == nil:
			first = err
		}
	}
	return share(good) / share(clients), first
}
