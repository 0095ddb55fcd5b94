package http1

import (
	"math"
	"time"
)

// pace measures how fast content moves, in one direction of one exchange. Only
// the time spent waiting for the client counts: a slow origin is not its fault.
type pace struct {
	bytes   int64         // moved
	start   int64         // what the count began with
	spent   time.Duration // in waits that have ended
	since   time.Duration // when the current wait began
	waits   bool
	started bool
}

// pause begins a wait and returns by when it must be over: without progress
// for BodyTimeout, or with less than MinRate once BodyGrace is spent, the
// client is too slow.
func (p *pace) pause(now time.Duration, c *Config) (by time.Duration) {
	p.since, p.waits = now, true
	return now + max(min(c.BodyTimeout, p.allowed(c)-p.spent), 1)
}

// resume ends a wait.
func (p *pace) resume(now time.Duration) {
	if p.waits {
		p.spent += now - p.since
		p.waits = false
	}
}

// progress takes the count of bytes that have moved and reports whether there
// are more than at the last call. The first call sets where the count begins.
func (p *pace) progress(total int64) bool {
	if !p.started {
		p.started, p.start = true, total
	}
	before := p.bytes
	p.bytes = total - p.start
	return p.bytes > before
}

func (p *pace) tooSlow(c *Config) bool { return p.spent >= p.allowed(c) }

// allowed is how long the client may have taken for the bytes so far.
func (p *pace) allowed(c *Config) time.Duration {
	if c.MinRate == 0 {
		return math.MaxInt64
	}
	return max(c.BodyGrace, time.Duration(float64(p.bytes)/float64(c.MinRate)*float64(time.Second)))
}
