package fleet

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

const conf = `
node { id = "%s" }
$LISTEN
$ADMIN
store {
  disk {
    path = "cache"
    size = "64MiB"
  }
}
fleet {
  secret_file   = "fleet.secret"
  max_isolation = "2s"
  %s
}
log { access = "off" }
origin "app" { server "%s" {} }
site "app" {
  hosts  = ["*"]
  origin = "app"
}
`

// world is two nodes before one origin: hub has the server in it.
type world struct {
	t      *testing.T
	origin *httptest.Server
	asked  atomic.Int64
	secret string
	server string // its address

	hub, edge *brinktest.Node
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, server: brinktest.FreeAddress(t)}
	w.origin = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			rw.Header().Set("Cache-Control", "max-age=3600")
			rw.Header().Set("Surrogate-Key", "t"+r.URL.Path[1:])
		}
		fmt.Fprintf(rw, "answer %d", w.asked.Add(1))
	}))
	t.Cleanup(w.origin.Close)
	w.startHub()
	w.edge = w.start("edge", fmt.Sprintf("nats = [\"nats://%s\"]", w.server))
	return w
}

// startHub makes up the secret, and starts the node with the server.
func (w *world) startHub() {
	w.t.Helper()
	w.secret = filepath.Join(w.t.TempDir(), "fleet.secret")
	if err := os.WriteFile(w.secret, []byte("s3cret\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.hub = w.start("hub", fmt.Sprintf("embedded {\n store = \"fleet\"\n clients = %q\n }", w.server))
}

func (w *world) start(id, fleet string) *brinktest.Node {
	return brinktest.Start(w.t, w.conf(id, fleet))
}

func (w *world) conf(id, fleet string) string {
	return strings.Replace(fmt.Sprintf(conf, id, fleet, w.origin.URL), "fleet.secret", w.secret, 1)
}

// get asks both nodes under one name, so that they mean the same by a URL.
func (w *world) get(n *brinktest.Node, method, path string) string {
	w.t.Helper()
	r, err := http.NewRequest(method, n.URL(path), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Host = "shop.test"
	return w.do(r)
}

func (w *world) do(r *http.Request) string {
	w.t.Helper()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

// receipt is the answer to a purge.
type receipt struct {
	Seq   uint64
	Nodes map[string]string
	Times map[string]time.Time `json:"applied_at"`
	Error struct{ Code string }
}

func (w *world) purge(n *brinktest.Node, order string) (r receipt) {
	w.t.Helper()
	req, err := http.NewRequest("POST", "http://"+n.Admin+"/v1/purge", strings.NewReader(order))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return w.receipt(req)
}

func (w *world) receipt(req *http.Request) (r receipt) {
	w.t.Helper()
	text := w.do(req)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		w.t.Fatal(err, text)
	}
	return r
}

func (w *world) ready(n *brinktest.Node) string {
	w.t.Helper()
	r, err := http.NewRequest("GET", "http://"+n.Admin+"/readyz", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.do(r)
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not within 20s: %s\n%s\n%s", what, w.hub.Output(), w.edge.Output())
		}
	}
}

// stored fills both nodes with an answer each, and checks that they serve it.
func (w *world) stored(path string) {
	w.t.Helper()
	for _, n := range []*brinktest.Node{w.hub, w.edge} {
		first := w.get(n, "GET", path)
		w.eventually("stored", func() bool { again := w.get(n, "GET", path); same := again == first; first = again; return same })
	}
}

// When a purge on one node is answered, the other node no longer serves the response.
func TestPurge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, order := range []string{
		`{"tags":["t1"],"wait":"fleet"}`, `{"urls":["http://shop.test/1"],"wait":"fleet"}`,
		`{"prefixes":["shop.test/"],"wait":"fleet"}`, `{"hosts":["shop.test"],"wait":"fleet"}`,
		`{"sites":["app"],"wait":"fleet"}`, `{"tags":["t1"],"sites":["app"],"wait":"fleet"}`, `{"all":true,"wait":"fleet"}`,
	} {
		for j, n := range []*brinktest.Node{w.hub, w.edge} {
			w.stored("/1")
			before := w.asked.Load()
			r := w.purge(n, order)
			if r.Seq == 0 || len(r.Nodes) != 2 || r.Nodes["hub"] != "applied" || r.Nodes["edge"] != "applied" {
				t.Errorf("%d %d: %+v", i, j, r)
			}
			w.get(w.hub, "GET", "/1")
			w.get(w.edge, "GET", "/1")
			if n := w.asked.Load() - before; n != 2 {
				t.Errorf("%s on node %d: the origin was asked %d times", order, j, n)
			}
		}
	}
	w.stored("/1")
	before := w.asked.Load()
	w.purge(w.hub, `{"tags":["t2"],"wait":"fleet"}`)
	w.get(w.edge, "GET", "/1")
	if w.asked.Load() != before {
		t.Error("a purge of something else has purged")
	}
}

// The receipt of a purge that waited for nobody says when the others had it.
func TestReceipt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := time.Now().Add(-time.Millisecond)
	posted := w.purge(w.hub, `{"tags":["t1"]}`)
	w.eventually("the receipt knows when the edge had it", func() bool {
		req, err := http.NewRequest("GET", fmt.Sprintf("http://%s/v1/purge/%d", w.hub.Admin, posted.Seq), nil)
		if err != nil {
			t.Fatal(err)
		}
		r := w.receipt(req)
		if r.Seq != posted.Seq || r.Nodes["hub"] != "applied" || !r.Times["hub"].Equal(posted.Times["hub"]) {
			t.Fatalf("%+v, first %+v", r, posted)
		}
		at, known := r.Times["edge"]
		return r.Nodes["edge"] == "applied" && known && at.After(began) && at.Before(time.Now())
	})
	w.edge.Stop(t)
	if r := w.purge(w.hub, `{"tags":["t1"],"wait":"fleet","timeout":"300ms"}`); len(r.Nodes) != 1 {
		t.Errorf("who has left is waited for: %+v", r)
	}
	w.edge.Restart(t, false)
	w.eventually("the edge is heard of", func() bool { return len(w.purge(w.hub, `{"tags":["t1"],"wait":"fleet"}`).Nodes) == 2 })
	if err := w.edge.Cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	r := w.purge(w.hub, `{"tags":["t1"],"wait":"fleet","timeout":"300ms"}`)
	if err := w.edge.Cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if _, known := r.Times["edge"]; r.Nodes["edge"] != "behind" || known {
		t.Errorf("a node that hangs has applied it: %+v", r)
	}
}

// An unsafe request through one node is heard of by the other.
func TestUnsafe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stored("/1")
	old := w.get(w.hub, "GET", "/1")
	w.get(w.edge, "POST", "/1")
	w.eventually("purged on the hub", func() bool { return w.get(w.hub, "GET", "/1") != old })
}

// A node that is cut off says so, and that what it purges then is in force there
// only.
func TestCutOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stored("/1")
	w.stored("/2")
	old, posted := w.get(w.edge, "GET", "/1"), w.get(w.hub, "GET", "/2")
	w.hub.Stop(t)
	w.eventually("the edge is not ready", func() bool {
		return strings.Contains(w.ready(w.edge), "purges: cut off from the fleet since")
	})
	if got := w.get(w.edge, "GET", "/1"); got != old {
		t.Errorf("%q, want %q", got, old)
	}
	r := w.purge(w.edge, `{"tags":["t1"]}`)
	if r.Error.Code != "not_sent" || r.Nodes["edge"] != "not_sent" {
		t.Errorf("%+v", r)
	}
	if got := w.get(w.edge, "GET", "/1"); got == old {
		t.Error("the purge is not in force where it was asked for")
	}
	w.get(w.edge, "POST", "/2")
	w.hub.Restart(t, false)
	w.eventually("the edge is ready", func() bool { return strings.Contains(w.ready(w.edge), `"ready": true`) })
	w.eventually("what was posted meanwhile is purged", func() bool { return w.get(w.hub, "GET", "/2") != posted })
}

// A node that was off applies what it missed before it serves, killed or not.
func TestAbsence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, kill := range []bool{false, true} {
		w.stored("/1")
		w.stored("/2")
		old, other := w.get(w.edge, "GET", "/1"), w.get(w.edge, "GET", "/2")
		if kill {
			if err := w.edge.Cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		} else {
			w.edge.Stop(t)
		}
		if r := w.purge(w.hub, `{"tags":["t1"]}`); r.Seq == 0 {
			t.Fatalf("%+v", r)
		}
		w.edge.Restart(t, false)
		if got := w.get(w.edge, "GET", "/1"); got == old {
			t.Errorf("killed %v: what was purged meanwhile is served", kill)
		}
		if got := w.get(w.edge, "GET", "/2"); got != other && !kill {
			t.Error("what was not purged is lost")
		}
	}
}
