package edge

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/accesslog"
	"brink/edge/engine"
	"brink/edge/meter"
	"brink/purge"
	"brink/store"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a node without engine and listeners, with an origin that does as the
// test says and a clock that stands still.
type rig struct {
	t      testing.TB
	node   *Node
	store  *store.Store
	purges *purge.Log
	origin *fakeOrigin
	log    logText
	now    atomic.Int64
	fault  atomic.Int32 // how many readings of the clock on it fails, once; 0: it does not
}

// newRig starts a node with one site for all hosts. settings is what its site
// block holds besides.
func newRig(t testing.TB, settings string, answer func(*ask)) *rig {
	return newRigOf(t, settings, "", answer)
}

// newRigOf is newRig with more settings of the origin.
func newRigOf(t testing.TB, site, origin string, answer func(*ask)) *rig {
	o := newFakeOrigin(t, answer)
	return startRig(t, o, fmt.Sprintf(`
node { id = "edge-1" }
log { access = "off" }
origin "app" {
  server "http://%s" {}
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  %s
}`, o.l.Addr(), origin, site))
}

func startRig(t testing.TB, o *fakeOrigin, text string) *rig {
	t.Helper()
	return startRigOver(t, o, text, nil, purge.NewLog(0, 0))
}

// startRigOver is startRig with a tier below RAM.
func startRigOver(t testing.TB, o *fakeOrigin, text string, tier store.Disk, purges *purge.Log) *rig {
	t.Helper()
	r := &rig{t: t, origin: o, purges: purges}
	r.now.Store(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).UnixNano())
	config := parseConf(t, text)
	access, err := accesslog.Open(config.Log, config.Node.ID)
	if err != nil {
		t.Fatal(err)
	}
	r.store, err = store.New(store.Options{Memory: 64 << 20, Purges: r.purges, Now: r.clock, Seed: 1, Disk: tier})
	if err != nil {
		t.Fatal(err)
	}
	r.node, err = New(Options{
		Config: config, Store: r.store, Purges: r.purges, Meter: meter.New(nil, engine.Faults()...),
		Access: access, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Now: r.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.node.Close()
		r.store.Close()
		if err := access.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// logText is what a node logs.
type logText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func parseConf(t testing.TB, text string) *conf.Config {
	t.Helper()
	config, err := conf.Parse("test.hcl", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func (r *rig) clock() store.Instant {
	if r.fault.Load() > 0 && r.fault.Add(-1) == 0 {
		panic("the clock fails")
	}
	return store.Instant(r.now.Load())
}

// sleep moves the clock on.
func (r *rig) sleep(d time.Duration) { r.now.Add(int64(d)) }

// await waits until ok says yes.
func (r *rig) await(what string, ok func() bool) {
	r.t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	r.t.Fatalf("waited in vain for %s", what)
}

// quiet waits until no fill is under way.
func (r *rig) quiet() {
	r.t.Helper()
	r.await("the end of all fills", func() bool { return len(r.node.Fills()) == 0 })
}

// waiters waits until n requests wait for a response's head.
func (r *rig) waiters(n int) {
	r.t.Helper()
	r.await(fmt.Sprint(n, " waiters"), func() bool {
		sum := 0
		for _, f := range r.node.Fills() {
			sum += f.Waiters
		}
		return sum == n
	})
}

// asked fails the test unless the origin was asked n times so far.
func (r *rig) asked(n int) {
	r.t.Helper()
	if got := len(r.origin.all()); got != n {
		r.t.Fatalf("the origin was asked %d times, want %d", got, n)
	}
}

// want fails the test unless a reply has the status, the body and, somewhere,
// the piece of Cache-Status.
func (g *got) want(t testing.TB, status int, cache, body string) {
	t.Helper()
	if g.err != nil {
		t.Fatalf("%s: the body broke off: %v", g.target, g.err)
	}
	if g.status != status || g.body != body || !strings.Contains(g.cache, cache) {
		t.Fatalf("%s: %d %q, Cache-Status %q; want %d %q, %q", g.target, g.status, g.body, g.cache, status, body, cache)
	}
}
