package bus

import (
	"fmt"
	"sync"
	"time"

	"brink/purge"
)

// health knows which purges the node has applied, and when it last knew that it had all
// of them.
type health struct {
	mu sync.Mutex

	applied purge.Seq
	changed chan struct{} // closed when applied changes
	last    purge.Seq     // where the stream ended,
	asked   time.Time     // and when
	current time.Time     // when the node was last known to have all; zero: never
	started time.Time
	cut     bool // it was reported that the node is cut off

	telling sync.Mutex

	synced chan struct{} // closed when the node has applied everything for the first time
}

func (h *health) init(cursor purge.Seq) {
	h.applied, h.changed, h.synced, h.started = cursor, make(chan struct{}), make(chan struct{}), time.Now()
}

func (h *health) position() purge.Seq {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.applied
}

func (h *health) advance(seq purge.Seq) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moveLocked(max(seq, h.applied))
}

// restart goes on from a lower number: the stream is another one.
func (h *health) restart(seq purge.Seq) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last, h.asked = seq, time.Time{}
	h.moveLocked(seq)
}

func (h *health) moveLocked(seq purge.Seq) {
	h.applied = seq
	close(h.changed)
	h.changed = make(chan struct{})
	h.checkLocked()
}

// heard notes where the stream ended when it was asked.
func (h *health) heard(last purge.Seq, asked time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.last, h.asked = last, asked
	h.checkLocked()
}

func (h *health) checkLocked() {
	if h.asked.IsZero() || h.applied < h.last {
		return
	}
	if h.current.IsZero() {
		close(h.synced)
	}
	if h.asked.After(h.current) {
		h.current = h.asked
	}
}

// State says whether a node is in sync with its fleet.
type State struct {
	InSync  bool      // a moment ago it had applied all
	Since   time.Time // when it was last in sync; zero: never since it started
	Applied purge.Seq
	Last    purge.Seq // the newest number of the stream, as far as is known
	Cut     bool      // it was out of sync for longer than it may be
}

// State returns whether the node is in sync with its fleet.
func (b *Bus) State() State {
	h := &b.health
	h.mu.Lock()
	defer h.mu.Unlock()
	s := State{Since: h.current, Applied: h.applied, Last: h.last}
	since := h.current
	if since.IsZero() {
		since = h.started
	}
	away := time.Since(since)
	s.Cut = away > b.o.MaxIsolation
	s.InSync = !h.current.IsZero() && away <= min(5*b.o.Poll, b.o.MaxIsolation)
	return s
}

// NotReady says why the node should not get traffic; empty: it may.
func (b *Bus) NotReady() string {
	switch s := b.State(); {
	case s.Since.IsZero():
		return fmt.Sprintf("purges: not in sync with the fleet yet, %d of %d applied", s.Applied, s.Last)
	case s.Cut:
		return "purges: cut off from the fleet since " + s.Since.UTC().Format(time.RFC3339)
	}
	return ""
}

// updateSuspicion tells the log whether purges may be missed right now, and reports a change.
func (b *Bus) updateSuspicion() {
	s, said := b.tellLog()
	switch {
	case s.Cut && !said:
		b.report(true, nil, "cut off from the fleet: purges may be missed")
	case said && !s.Cut:
		b.report(false, nil, fmt.Sprintf("in sync with the fleet again, at %d", s.Applied))
	}
}

// tellLog returns the state that the log was told, and whether it was reported before
// that the node is cut off.
func (b *Bus) tellLog() (s State, said bool) {
	h := &b.health
	h.telling.Lock()
	defer h.telling.Unlock()
	s = b.State()
	b.o.Log.Suspect(s.Since.IsZero() || s.Cut && b.o.Revalidate)
	h.mu.Lock()
	defer h.mu.Unlock()
	said, h.cut = h.cut, s.Cut
	return s, said
}

// watch calls updateSuspicion from time to time, so that silence is noticed.
func (b *Bus) watch() {
	for b.pause(b.o.Poll) {
		b.updateSuspicion()
	}
}
