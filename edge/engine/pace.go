package engine

import (
	"math"
	"time"
)

// Pace measures how fast content moves, in one direction of one exchange. Only the time
// spent waiting for the client counts: a slow origin is not the client's fault.
type Pace struct {
	bytes   int64         // moved since the first call of Progress
	start   int64         // the total at that call
	spent   time.Duration // in waits that have ended
	since   time.Duration // when the current wait began
	waits   bool
	started bool
}

// Pause begins a wait and returns the instant at which it must be over. By then the
// client has made no progress for BodyTimeout, or moves less than MinRate although
// BodyGrace is spent.
func (p *Pace) Pause(now time.Duration, c *Config) (by time.Duration) {
	p.since, p.waits = now, true
	return now + max(min(c.BodyTimeout, p.allowed(c)-p.spent), 1)
}

// Resume ends a wait.
func (p *Pace) Resume(now time.Duration) {
	if p.waits {
		p.spent += now - p.since
		p.waits = false
	}
}

// Progress takes the total of bytes that have moved. It reports whether the total is
// larger than at the call before. Bytes count from the first call on.
func (p *Pace) Progress(total int64) bool {
	if !p.started {
		p.started, p.start = true, total
	}
	before := p.bytes
	p.bytes = total - p.start
	return p.bytes > before
}

// TooSlow reports whether the client has waited longer than its bytes allow.
func (p *Pace) TooSlow(c *Config) bool { return p.spent >= p.allowed(c) }

// allowed is how long the client may have taken for the bytes so far.
func (p *Pace) allowed(c *Config) time.Duration {
	if c.MinRate == 0 {
		return math.MaxInt64
	}
	return max(c.BodyGrace, time.Duration(float64(p.bytes)/float64(c.MinRate)*float64(time.Second)))
}
