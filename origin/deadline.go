package origin

import (
	"sync/atomic"
	"time"
)

// deadline is the time by which the reads, or the writes, of a socket must be
// over, on the origin's clock.
//
// Setting a deadline on a descriptor is expensive. If an earlier one is set, it
// stays in force, and a read or write that it breaks off sets the right one and
// goes on. So a limit of one minute that each exchange gives is set about once a
// minute, not once per exchange.
//
// The two values are atomic because crypto/tls may write from a read.
type deadline struct {
	by  atomic.Int64 // nanoseconds; 0: none was ever given
	set atomic.Int64 // the one on the descriptor; later than by only between two waits
}

// give allows limit from now on. It returns the deadline to set on the descriptor,
// and false if the one that is set is early enough.
func (d *deadline) give(now, limit time.Duration) (at time.Duration, ok bool) {
	by := now + limit
	d.by.Store(int64(by))
	if set := time.Duration(d.set.Load()); now < set && set <= by {
		return 0, false
	}
	d.set.Store(int64(by))
	return by, true
}

// extend is called when the deadline on the descriptor has passed. It returns the
// deadline to set instead, and false if the time is over.
func (d *deadline) extend(now time.Duration) (at time.Duration, ok bool) {
	by := time.Duration(d.by.Load())
	if by <= now {
		return 0, false
	}
	d.set.Store(int64(by))
	return by, true
}
