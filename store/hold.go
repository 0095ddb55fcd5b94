package store

import "time"

// hold measures how the readers in the last place hold up the writer of an
// overflowing body, and through it the readers that have had all there is. It goes on
// until the writer has been blocked for holdSpan; then those who hold up the others too
// much are cut off, and the next one begins.
//
// A reader is too slow if it reads less than leastPace, where all others wait for it all
// the time, or that part of leastPace for which they wait: if one reader of a hundred
// waits, or all wait for a hundredth of the time, then less than a hundredth. So a few
// readers that are fast do not have all others cut off, readers that are about equally
// fast share the body, and nobody is cut off because the origin is slow.
type hold struct {
	begun   bool
	on      bool          // the writer is blocked now
	last    time.Time     // of the last count
	blocked time.Duration // for how long the writer was
	waited  time.Duration // for how long readers waited meanwhile, added up
	owing   time.Time     // since when it waits for readers to come; zero: it does not
}

const (
	holdSpan  = 2 * time.Second
	leastPace = 1 << 20 // bytes a second
)

// start says that the writer is blocked from now on.
func (h *hold) start(now time.Time, b *body) {
	if !h.begun {
		h.begun, h.blocked, h.waited = true, 0, 0
		for r := range b.readers {
			r.mark = r.pos
		}
	}
	if b.owed == 0 {
		h.owing = time.Time{}
	} else if h.owing.IsZero() {
		h.owing = now
	}
	h.on, h.last = true, now
}

// count adds the time since the last count, in which idle readers have waited.
func (h *hold) count(idle int) {
	if !h.on {
		return
	}
	now := time.Now()
	d := now.Sub(h.last)
	h.blocked += d
	h.waited += time.Duration(idle) * d
	h.last = now
}

// stop says that the writer goes on.
func (h *hold) stop(idle int) {
	h.count(idle)
	h.on = false
}

// end ends the hold: nobody is in the way any more.
func (h *hold) end() { h.begun = false }

// left is how long the writer is to be blocked before cutLocked has its say, if
// anybody waits.
func (h *hold) left(now time.Time) time.Duration {
	left := holdSpan - h.blocked
	if !h.owing.IsZero() {
		left = min(left, patience-now.Sub(h.owing))
	}
	return left
}

// least is how many bytes a reader must have read since the hold began, of so many
// readers.
func (h *hold) least(readers int) int64 {
	return int64(leastPace * h.waited.Seconds() / float64(readers))
}

// cutLocked cuts off the readers that hold up others too much. Those that have not
// come for patience are not waited for any longer.
func (f *Fill) cutLocked(now time.Time) {
	b := &f.mu.body
	least, cut := b.hold.least(len(b.readers)), 0
	if b.hold.blocked >= holdSpan {
		for r := range b.readers {
			if r.inTail() && r.pos-r.mark < least {
				r.cut = true
				delete(b.readers, r)
				cut++
			}
		}
		b.hold.end()
	}
	if !b.hold.owing.IsZero() && now.Sub(b.hold.owing) >= patience {
		b.owed, b.hold.owing = 0, time.Time{}
		cut++
	}
	f.store.counts.cut.Add(int64(cut))
	f.attendLocked()
}
