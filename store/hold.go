package store

import "time"

// hold finds readers of an overflowing body that are too slow. The writer is blocked by
// the slowest readers, and readers that have read everything then wait, too. A hold
// lasts until the writer has been blocked for holdSpan. Then cutLocked cuts off the
// readers that were too slow, and the next hold begins.
//
// If all other readers wait all the time, a reader is too slow below leastPace.
// Otherwise the bound is lower, in proportion to the waiting: if one reader of a hundred
// waits, or all wait for a hundredth of the time, it is a hundredth of leastPace. So a
// few fast readers do not cause all others to be cut off, readers of about the same
// speed share the body, and nobody is cut off because the origin is slow.
type hold struct {
	begun   bool
	on      bool          // the writer is blocked now
	last    time.Time     // when count last ran
	blocked time.Duration // how long the writer was blocked
	waited  time.Duration // how long readers waited meanwhile, added up
	owing   time.Time     // since when the writer waits for callers to become readers; zero: it does not
}

const (
	holdSpan  = 2 * time.Second
	leastPace = 1 << 20 // bytes a second
)

// start notes that the writer is blocked from now on.
func (h *hold) start(now time.Time, b *body) {
	if !h.begun {
		h.begun, h.blocked, h.waited = true, 0, 0
		for r := range b.readers {
			r.holdStart = r.pos
		}
	}
	if b.owed == 0 {
		h.owing = time.Time{}
	} else if h.owing.IsZero() {
		h.owing = now
	}
	h.on, h.last = true, now
}

// count adds the time since the last count. Meanwhile so many readers were idle.
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

// stop notes that the writer goes on.
func (h *hold) stop(idle int) {
	h.count(idle)
	h.on = false
}

// end ends the hold: no reader blocks the writer any more.
func (h *hold) end() { h.begun = false }

// left is how much longer the writer may be blocked before cutLocked runs.
func (h *hold) left(now time.Time) time.Duration {
	left := holdSpan - h.blocked
	if !h.owing.IsZero() {
		left = min(left, patience-now.Sub(h.owing))
	}
	return left
}

// least is how many bytes each of the readers must have read since the hold began.
func (h *hold) least(readers int) int64 {
	return int64(leastPace * h.waited.Seconds() / float64(readers))
}

// cutLocked cuts off the readers that are too slow. It also gives up on callers that
// have not become readers within patience.
func (f *Fill) cutLocked(now time.Time) {
	b := &f.mu.body
	least, cut := b.hold.least(len(b.readers)), 0
	if b.hold.blocked >= holdSpan {
		for r := range b.readers {
			if r.inTail() && r.pos-r.holdStart < least {
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
