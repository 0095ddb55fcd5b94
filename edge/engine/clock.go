package engine

import (
	"sync/atomic"
	"time"
)

// Clock measures waits. It has nothing to do with the time of day.
type Clock struct {
	epoch  time.Time
	coarse atomic.Int64
}

// Now returns the time since the clock was made.
func (c *Clock) Now() time.Duration { return time.Since(c.epoch) }

// Coarse returns Now as the last sweep read it. It costs one load.
func (c *Clock) Coarse() time.Duration { return time.Duration(c.coarse.Load()) }

// read is Now, and what Coarse returns from now on.
func (c *Clock) read() time.Duration {
	now := c.Now()
	c.coarse.Store(int64(now))
	return now
}

// Deadline is the instant at which a wait in one direction must be over, on the engine's
// Clock. Zero: the wait has no limit. The goroutine that waits sets it, and the sweep
// reads it: this costs much less than a deadline of a net.Conn.
type Deadline struct{ by atomic.Int64 }

// Set sets the instant.
func (d *Deadline) Set(by time.Duration) { d.by.Store(int64(by)) }

// Clear removes the limit.
func (d *Deadline) Clear() { d.by.Store(0) }

// Passed reports whether the wait should be over.
func (d *Deadline) Passed(now time.Duration) bool {
	by := d.by.Load()
	return by != 0 && by <= int64(now)
}

// Extend sets a later instant instead of one that has passed, unless the wait has ended.
func (d *Deadline) Extend(now, by time.Duration) {
	if old := d.by.Load(); old != 0 && old <= int64(now) {
		d.by.CompareAndSwap(old, int64(by))
	}
}

// By returns the instant; 0: none.
func (d *Deadline) By() time.Duration { return time.Duration(d.by.Load()) }

// Past is a deadline of a net.Conn that breaks off any wait.
var Past = time.Unix(1, 0)
