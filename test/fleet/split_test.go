package fleet

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"brink/test/brinktest"
)

// splitWorld is a world whose edge is in a network namespace of its own.
type splitWorld struct {
	world
	version atomic.Int64 // of all that the origin has
}

func newSplitWorld(t *testing.T, n *network) *splitWorld {
	w := &splitWorld{}
	w.t, w.server = t, net.JoinHostPort(n.busHere, "4222")
	w.origin = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "max-age=3600")
		fmt.Fprint(rw, w.version.Load())
	}))
	l, err := net.Listen("tcp", n.testHere+":0")
	if err != nil {
		t.Fatal(err)
	}
	w.origin.Listener.Close()
	w.origin.Listener = l
	w.origin.Start()
	t.Cleanup(w.origin.Close)
	w.startHub()
	admin := n.testThere + ":8081"
	w.edge = brinktest.StartAt(t, brinktest.Place{
		Address: n.testThere + ":8080", Admin: admin, Through: []string{"ip", "netns", "exec", n.name},
	}, strings.Replace(w.conf("edge", fmt.Sprintf("nats = [\"nats://%s\"]", w.server)),
		"$ADMIN", fmt.Sprintf("admin {\n address = %q\n token_file = %q\n }", admin, w.secret), 1))
	return w
}

// each calls do with so many paths, several at a time.
func (w *splitWorld) each(paths int, do func(path string) error) {
	w.t.Helper()
	next := make(chan string)
	var working sync.WaitGroup
	for range 16 {
		working.Go(func() {
			for p := range next {
				if err := do(p); err != nil {
					w.t.Error(p, err)
				}
			}
		})
	}
	for i := range paths {
		next <- fmt.Sprintf("/%d", i)
	}
	close(next)
	working.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// fetch returns what a node serves.
func (w *splitWorld) fetch(n *brinktest.Node, path string) (string, error) {
	r, err := http.NewRequest("GET", n.URL(path), nil)
	if err != nil {
		return "", err
	}
	r.Host = "shop.test"
	return w.call(r)
}

// purgeURL purges a path by a call to a node.
func (w *splitWorld) purgeURL(n *brinktest.Node, path, wait string) error {
	order := fmt.Sprintf(`{"urls":["http://shop.test%s"],"wait":%q}`, path, wait)
	r, err := http.NewRequest("POST", "http://"+n.Admin+"/v1/purge", strings.NewReader(order))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer s3cret")
	_, err = w.call(r)
	return err
}

// call sends a request and returns the body of the answer. The status must be 200.
func (w *splitWorld) call(r *http.Request) (string, error) {
	resp, err := w.origin.Client().Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, bytes.TrimSpace(text))
	}
	return string(text), err
}

// fill has a node store so many paths as the origin has them now, and makes a new
// version of all.
func (w *splitWorld) fill(n *brinktest.Node, paths int) {
	w.t.Helper()
	w.each(paths, func(path string) error { _, err := w.fetch(n, path); return err })
	w.version.Add(1)
	if stored := w.stale(n, paths); stored != paths {
		w.t.Fatalf("only %d of %d are stored", stored, paths)
	}
}

// stale counts what a node serves of an older version than the origin has.
func (w *splitWorld) stale(n *brinktest.Node, paths int) int {
	w.t.Helper()
	var stale atomic.Int64
	now := fmt.Sprint(w.version.Load())
	w.each(paths, func(path string) error {
		got, err := w.fetch(n, path)
		if err == nil && got != now {
			stale.Add(1)
		}
		return err
	})
	return int(stale.Load())
}
