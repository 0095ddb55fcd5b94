package bus

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"brink/purge"
)

const (
	forgetAfter = 24 * time.Hour
	maxNodes    = 1000 // that are kept track of
	silentAfter = 3    // heartbeats

	// A node reports at once what it has applied, and then not again for a while:
	// each report goes to all nodes, and these pauses keep their sum below 40,000 a
	// second, however many nodes there are.
	leastPause = 5 * time.Millisecond
	perPair    = 25 * time.Microsecond
)

// nodes are those of the fleet that this one has heard of.
type nodes struct {
	mu sync.Mutex

	known   map[string]heard
	changed chan struct{} // closed when known changes
	twice   bool          // it was said that another node has this one's id
	renewed time.Time     // when the numbers began anew; zero: they did not

	news     chan struct{} // has one in it when this node may have applied more
	enrolled chan struct{} // closed when known has all that the fleet knows of
}

type heard struct {
	applied  purge.Seq
	at       time.Time
	expected time.Time // since when it is known of without having been heard; zero: it was heard
	moments  moments
}

// believeAfter is how long after the numbers began anew those of nodes that have not
// noticed yet may come.
const believeAfter = time.Minute

// restart forgets what others have applied: it was by other numbers.
func (n *nodes) restart() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.renewed = time.Now()
	for id, h := range n.known {
		n.known[id] = heard{at: h.at, expected: h.expected, moments: moments{forgotten: true}}
	}
}

func (n *nodes) init() {
	n.known, n.changed = make(map[string]heard), make(chan struct{})
	n.news, n.enrolled = make(chan struct{}, 1), make(chan struct{})
}

// hear notes a report.
func (h *heard) hear(applied purge.Seq, at time.Time) {
	switch {
	case applied > h.applied:
		h.moments.add(applied, at)
	case applied < h.applied: // of another stream
		h.moments = moments{forgotten: true}
	}
	h.applied, h.at, h.expected = applied, at, time.Time{}
}

// maxMoments is how many are kept of a node at most; there are half as many at least.
const maxMoments = 256

// moments are when a node was heard to have applied more, the oldest first.
type moments struct {
	all       []moment
	forgotten bool // there were older ones
}

type moment struct {
	applied purge.Seq
	at      time.Time
}

func (m *moments) add(applied purge.Seq, at time.Time) {
	if len(m.all) == maxMoments {
		m.all, m.forgotten = append(m.all[:0], m.all[maxMoments/2:]...), true
	}
	m.all = append(m.all, moment{applied, at})
}

// since returns the first moment at which a number was applied; zero: it was not, or
// that is forgotten.
func (m *moments) since(seq purge.Seq) time.Time {
	i, _ := slices.BinarySearchFunc(m.all, seq, func(x moment, seq purge.Seq) int { return cmp.Compare(x.applied, seq) })
	if i == len(m.all) || i == 0 && m.forgotten {
		return time.Time{}
	}
	return m.all[i].at
}

// Standing is what is known of a node and a purge.
type Standing uint8

const (
	HasApplied Standing = iota // the purge is in force there
	Behind                     // it is not, as far as is known
	Missing                    // it was not when the node was last heard, which is too long ago
)

func (s Standing) String() string { return [...]string{"applied", "behind", "missing"}[s] }

// Node is a node of the fleet.
type Node struct {
	ID       string
	Standing Standing
	Applied  purge.Seq // the newest number in force there, as far as is known
	Heard    time.Time // when it said so last
	Since    time.Time // when this node first heard that it has applied the purge; zero: it has not, or that is forgotten
}

// Nodes says who has put a number in force, in the order of their ids. Those that
// left are not among them; those that fell silent are, for a day.
func (b *Bus) Nodes(seq purge.Seq) []Node {
	now := time.Now()
	all := []Node{{ID: b.o.Node, Applied: b.health.position(), Heard: now, Standing: Behind}}
	if all[0].Applied >= seq {
		all[0].Standing = HasApplied
	}
	b.nodes.mu.Lock()
	silence := silentAfter*b.o.Heartbeat + pauseOf(len(b.nodes.known)+1)
	for id, h := range b.nodes.known {
		if now.Sub(h.at) > forgetAfter {
			delete(b.nodes.known, id)
			continue
		}
		all = append(all, h.node(id, seq, now, silence))
	}
	b.nodes.mu.Unlock()
	slices.SortFunc(all, func(x, y Node) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// node says what is known of a node, which is missing after that long a silence.
func (h *heard) node(id string, seq purge.Seq, now time.Time, silence time.Duration) Node {
	n := Node{ID: id, Applied: h.applied, Heard: h.at, Since: h.moments.since(seq), Standing: Behind}
	switch {
	case h.applied >= seq:
		n.Standing = HasApplied
	case now.Sub(h.at) > silence && now.Sub(h.expected) > silence:
		n.Standing = Missing
	}
	return n
}

// Wait waits until no node is behind a number, or ctx ends, and says who is where. A
// node that has just started first hears which nodes there are.
func (b *Bus) Wait(ctx context.Context, seq purge.Seq) []Node {
	// This node may come last, and the others may fall silent without a sound.
	tick := time.NewTicker(b.o.Heartbeat)
	defer tick.Stop()
	_ = b.Applied(ctx, seq) // the list says so if not
	b.meet(ctx)
	for {
		b.nodes.mu.Lock()
		changed := b.nodes.changed
		b.nodes.mu.Unlock()
		all := b.Nodes(seq)
		if !slices.ContainsFunc(all, func(n Node) bool { return n.Standing == Behind }) {
			return all
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			return all
		case <-b.ctx.Done():
			return all
		}
	}
}

// meet waits until the fleet's nodes are known, or ought to have been heard of.
func (b *Bus) meet(ctx context.Context) {
	late := time.NewTimer(time.Until(b.health.started.Add(enrolWithin * b.o.Heartbeat)))
	defer late.Stop()
	select {
	case <-b.nodes.enrolled:
	case <-late.C:
	case <-ctx.Done():
	case <-b.ctx.Done():
	}
}

// listen takes the reports of the others.
func (b *Bus) listen() error {
	s, err := b.conn.Subscribe(reportSubject, func(m *nats.Msg) {
		switch p, ok := parseReport(m.Data); {
		case !ok:
			b.counts.refused.Add(1)
		case p.instance != b.instance:
			b.note(p)
		}
	})
	if err != nil {
		return err
	}
	return s.SetPendingLimits(maxReports, maxReports*maxReport)
}

// Reports that wait to be noted; one that is lost is made up for by the next.
const (
	maxReports = 10_000
	maxReport  = 128 // bytes of one, on average
)

func (b *Bus) note(p report) {
	began := time.Now()
	n, position := &b.nodes, b.health.position()
	n.mu.Lock()
	defer n.mu.Unlock()
	if p.node == b.o.Node {
		if !n.twice && !p.leaving {
			n.twice = true
			go b.report(true, nil, "another node has the id "+p.node+": receipts cannot tell the two apart")
		}
		return
	}
	switch _, known := n.known[p.node]; {
	case p.leaving:
		delete(n.known, p.node)
	case known || len(n.known) < maxNodes:
		h := n.known[p.node]
		if n.renewed.After(began) || p.applied > position && began.Sub(n.renewed) < believeAfter {
			p.applied = h.applied // it may be by the numbers from before
		}
		h.hear(p.applied, began)
		n.known[p.node] = h
	default:
		b.counts.refused.Add(1)
		return
	}
	close(n.changed)
	n.changed = make(chan struct{})
}

// tell reports what this node has applied, until the bus is closed.
func (b *Bus) tell() {
	heartbeat := time.NewTicker(b.o.Heartbeat)
	defer heartbeat.Stop()
	for {
		select {
		case <-b.nodes.news:
		case <-heartbeat.C:
		case <-b.ctx.Done():
			return
		}
		b.tellOnce(false)
		b.nodes.mu.Lock()
		count := len(b.nodes.known) + 1
		b.nodes.mu.Unlock()
		if !b.pause(pauseOf(count)) {
			return
		}
	}
}

// pauseOf is how long a node waits after a report in a fleet of so many.
func pauseOf(nodes int) time.Duration {
	return max(leastPause, time.Duration(nodes*nodes)*perPair)
}

// tellOnce sends a report. One that is lost is made up for by the next.
func (b *Bus) tellOnce(leaving bool) {
	p := report{node: b.o.Node, instance: b.instance, applied: b.health.position(), leaving: leaving}
	_ = b.conn.Publish(reportSubject, p.append(nil))
}

func (b *Bus) leave() {
	if b.conn.IsConnected() {
		b.strike()
		b.tellOnce(true)
		_ = b.conn.FlushTimeout(time.Second) // who does not hear of it waits for the node
	}
}
