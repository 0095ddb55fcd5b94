package pressure

import (
	"strings"
	"time"

	"brink/test/brinktest"
)

const confText = `
$LISTEN
$ADMIN
node {
  id            = "edge-1"
  drain_timeout = "1s"
}
store {
  $STORE
}
log {
  access = "$ACCESS"
}
origin "app" {
  server "http://$ORIGIN" {}
  $MORE
}
site "app" {
  hosts  = ["*"]
  origin = "app"
  $SITE
}
$BLOCKS
`

// settings are what a row changes in a conf of defaults.
type settings struct {
	store, origin, site string   // lines of these blocks
	blocks              string   // further blocks
	access              string   // where the access log goes; empty: "off"
	through             []string // the command that runs the node
	budget              size     // of store, if it says one
}

// defaultBudget is store.memory's default.
const defaultBudget = 256 << 20

// subject is the node under pressure.
type subject struct {
	*brinktest.Node

	budget size
}

// start runs a node in front of an origin.
func start(r *row, o *origin, s settings) *subject {
	r.Helper()
	text := strings.NewReplacer("$STORE", s.store, "$ORIGIN", o.address, "$MORE", s.origin, "$SITE", s.site, "$BLOCKS", s.blocks,
		"$ACCESS", max(s.access, "off")).Replace(confText)
	at := brinktest.Place{Address: brinktest.FreeAddress(r), Admin: brinktest.FreeAddress(r), Through: s.through}
	n := &subject{Node: brinktest.StartAt(r, at, text), budget: s.budget}
	if n.budget == 0 {
		n.budget = defaultBudget
	}
	return n
}

// alive reports whether the process has not ended.
func (n *subject) alive() bool {
	select {
	case <-n.Exited():
		return false
	default:
		return true
	}
}

const (
	// rest is how long after an attack the node may be at work because of it.
	rest = 5 * time.Second
	// idleShare is what of a CPU an idle node may use.
	idleShare share = 0.05
)

// recovers notes what a node is like once an attack has ended: idle, and within its
// budget all the time. A process that is gone ends the row.
func (n *subject) recovers(r *row) {
	r.Helper()
	if r.holds("alive after the attack", n.alive()); !n.alive() {
		r.FailNow()
	}
	if *all {
		time.Sleep(rest)
		most(r, "CPU at rest", n.busy(r, 3*time.Second), idleShare)
	} else {
		n.rests(r)
	}
	n.footprint(r)
	r.show("goroutines after the attack", count(n.metric(r, "go_goroutines")))
}

// rests waits until the node is idle, for longer than a slow machine needs.
func (n *subject) rests(r *row) {
	r.Helper()
	const calm = 4 * idleShare
	var used share
	for began := time.Now(); time.Since(began) < 4*rest; {
		if used = n.busy(r, 500*time.Millisecond); used <= calm {
			break
		}
	}
	most(r, "CPU at rest", used, calm)
}

// busy returns what of a CPU the node uses during a span.
func (n *subject) busy(r *row, span time.Duration) share {
	r.Helper()
	before, began := n.used(r), time.Now()
	time.Sleep(span)
	return share(n.used(r)-before) / share(time.Since(began))
}

// used returns the CPU time that the node has used.
func (n *subject) used(r *row) time.Duration {
	r.Helper()
	used, err := n.CPU()
	if err != nil {
		r.Skipf("CPU time cannot be measured here: %v", err)
	}
	return used
}

// footprint notes how large the process is, and was.
func (n *subject) footprint(r *row) {
	r.Helper()
	now, err := n.Memory("VmRSS")
	if err != nil {
		r.Skipf("memory cannot be measured here: %v", err)
	}
	peak, err := n.Memory("VmHWM")
	if err != nil {
		r.Fatal(err)
	}
	most(r, "resident at most", size(peak), n.budget+n.budget/4+150e6)
	r.show("resident after the attack", size(now))
}

// metric returns a metric, by its name and labels.
func (n *subject) metric(r *row, name string) float64 {
	r.Helper()
	figures, err := n.Metrics()
	if err != nil {
		r.Fatal(err)
	}
	v, ok := figures[name]
	if !ok {
		r.Fatalf("there is no metric %s", name)
	}
	return v
}
