package fleet

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/test/brinktest"
)

var (
	partitionFor    = flag.Duration("partition", 3*time.Second, "how long a node is cut off")
	partitionPurges = flag.Int("purges", 2000, "that it misses")
)

// The nodes of TestPartition talk over two wires: one that is cut, and one by
// which the test sees the edge and the edge its origin.
const (
	busHere, busThere   = "10.213.77.1", "10.213.77.2"
	testHere, testThere = "10.213.78.1", "10.213.78.2"
)

// network is a network namespace with two wires to it.
type network struct {
	t    *testing.T
	name string
	wire string // this end of the one that is cut
}

func newNetwork(t *testing.T) *network {
	n := &network{t: t, name: fmt.Sprintf("brink%d", os.Getpid()), wire: fmt.Sprintf("bb%d", os.Getpid())}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		t.Skipf("no network namespace is to be had here: %v: %s", err, out)
	}
	t.Cleanup(func() { n.ip("netns", "del", n.name) })
	n.connect(n.wire, busHere, busThere)
	n.connect(fmt.Sprintf("bt%d", os.Getpid()), testHere, testThere)
	n.ip("-n", n.name, "link", "set", "lo", "up")
	return n
}

func (n *network) connect(wire, here, there string) {
	far := wire + "f"
	n.ip("link", "add", wire, "type", "veth", "peer", "name", far, "netns", n.name)
	n.t.Cleanup(func() { n.ip("link", "del", wire) })
	n.ip("addr", "add", here+"/24", "dev", wire)
	n.ip("link", "set", wire, "up")
	n.ip("-n", n.name, "addr", "add", there+"/24", "dev", far)
	n.ip("-n", n.name, "link", "set", far, "up")
}

func (n *network) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Errorf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// partitions are the ways in which a wire fails.
var partitions = []struct {
	name      string
	cut, heal func(*network)
}{
	{
		"link down",
		func(n *network) { n.ip("link", "set", n.wire, "down") },
		func(n *network) { n.ip("link", "set", n.wire, "up") },
	},
	{
		"nothing gets there",
		func(n *network) { n.ip("route", "add", "blackhole", busThere+"/32") },
		func(n *network) { n.ip("route", "del", "blackhole", busThere+"/32") },
	},
	{
		"nothing comes from there",
		func(n *network) { n.ip("-n", n.name, "route", "add", "blackhole", busHere+"/32") },
		func(n *network) { n.ip("-n", n.name, "route", "del", "blackhole", busHere+"/32") },
	},
}

// A node that is cut off from the fleet says so, and once it says that it is in
// sync again, it serves nothing that was purged meanwhile.
func TestPartition(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	w := newSplitWorld(t, net)
	for _, p := range partitions {
		t.Run(p.name, func(t *testing.T) {
			w.t = t
			w.fill()
			p.cut(net)
			cutAt := time.Now()
			w.version.Add(1)
			w.purgeAll()
			w.eventually("the edge says that it is cut off", func() bool {
				return strings.Contains(w.ready(w.edge), "purges: cut off from the fleet since")
			})
			time.Sleep(time.Until(cutAt.Add(*partitionFor)))
			healedAt := time.Now()
			p.heal(net)
			w.eventually("the edge is in sync", func() bool { return strings.Contains(w.ready(w.edge), `"ready": true`) })
			t.Logf("cut off for %v, %d purges missed, in sync %v after healing",
				healedAt.Sub(cutAt).Round(time.Millisecond), *partitionPurges, time.Since(healedAt).Round(time.Millisecond))
			if n := w.stale(w.edge); n > 0 {
				t.Errorf("%d of %d are stale", n, *partitionPurges)
			}
		})
	}
}

// splitWorld is a world whose edge is in a namespace of its own.
type splitWorld struct {
	world
	version atomic.Int64 // of all that the origin has
}

func newSplitWorld(t *testing.T, n *network) *splitWorld {
	w := &splitWorld{}
	w.t, w.server = t, net.JoinHostPort(busHere, "4222")
	w.origin = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Cache-Control", "max-age=3600")
		fmt.Fprint(rw, w.version.Load())
	}))
	l, err := net.Listen("tcp", testHere+":0")
	if err != nil {
		t.Fatal(err)
	}
	w.origin.Listener.Close()
	w.origin.Listener = l
	w.origin.Start()
	t.Cleanup(w.origin.Close)
	w.secret = filepath.Join(t.TempDir(), "fleet.secret")
	if err := os.WriteFile(w.secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.hub = w.start("hub", fmt.Sprintf("embedded {\n store = \"fleet\"\n clients = %q\n }", w.server))
	w.edge = brinktest.StartAt(t, brinktest.Place{
		Address: testThere + ":8080", Admin: testThere + ":8081", Through: []string{"ip", "netns", "exec", n.name},
	}, strings.Replace(w.conf("edge", fmt.Sprintf("nats = [\"nats://%s\"]", w.server)),
		"$ADMIN", fmt.Sprintf("admin {\n address = %q\n token_file = %q\n }", testThere+":8081", w.secret), 1))
	return w
}

// each calls do with all paths, several at a time.
func (w *splitWorld) each(do func(path string) error) {
	w.t.Helper()
	paths := make(chan string)
	var working sync.WaitGroup
	for range 16 {
		working.Go(func() {
			for p := range paths {
				if err := do(p); err != nil {
					w.t.Error(p, err)
				}
			}
		})
	}
	for i := range *partitionPurges {
		paths <- fmt.Sprintf("/%d", i)
	}
	close(paths)
	working.Wait()
	if w.t.Failed() {
		w.t.FailNow()
	}
}

// call sends a request and returns the body of the answer, which is to be 200.
func (w *splitWorld) call(method, url, body string) (string, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if body == "" {
		r.Host = "shop.test"
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
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

// fill has the edge store what the origin has now, and checks that it did.
func (w *splitWorld) fill() {
	w.t.Helper()
	w.each(func(path string) error { _, err := w.call("GET", w.edge.URL(path), ""); return err })
	w.version.Add(1)
	if n := w.stale(w.edge); n != int64(*partitionPurges) {
		w.t.Fatalf("only %d of %d are stored", n, *partitionPurges)
	}
}

// purgeAll purges each URL by a call of its own.
func (w *splitWorld) purgeAll() {
	w.t.Helper()
	w.each(func(path string) error {
		_, err := w.call("POST", "http://"+w.hub.Admin+"/v1/purge", fmt.Sprintf(`{"urls":["http://shop.test%s"]}`, path))
		return err
	})
}

// stale counts what a node serves of an older version than the origin has.
func (w *splitWorld) stale(n *brinktest.Node) int64 {
	w.t.Helper()
	var stale atomic.Int64
	now := fmt.Sprint(w.version.Load())
	w.each(func(path string) error {
		got, err := w.call("GET", n.URL(path), "")
		if err == nil && got != now {
			stale.Add(1)
		}
		return err
	})
	return stale.Load()
}
