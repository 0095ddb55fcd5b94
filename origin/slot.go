package origin

import (
	"sync/atomic"
	"time"
)

// slot is the place of one exchange among max_connections. The exchange gives it
// back with release or leave. Under pressure the origin may take it away: see press.
type slot struct {
	// Guarded by Origin.mu.
	client   *client
	index    int           // in queue.running
	slow     bool          // counted as slow
	serial   uint64        // differs for each use of the memory
	begun    time.Duration // when it was taken
	audience Audience      // nil: the client itself waits
	alone    time.Duration // since when nobody has been seen to wait; 0: somebody was

	// What the exchange holds that taking the place away must end, and where its
	// client's pace shows. The exchange sets them, others only read them.
	conn   atomic.Pointer[conn]
	upload atomic.Pointer[content]  // nil: no content is being sent
	lent   atomic.Pointer[Response] // nil: the client was not given any content

	gone atomic.Pointer[Error] // why the place was taken away; nil: it was not
}

// Audience tells how many wait for a response or read it.
type Audience interface{ Waiters() int }

// bind says that the exchange goes over c now. It reports false if the place has
// been taken away.
func (s *slot) bind(c *conn) bool {
	s.conn.Store(c)
	return s.gone.Load() == nil
}

// waitsForClient reports whether the client is what the exchange waits for.
func (s *slot) waitsForClient(now time.Duration) bool {
	if c := s.upload.Load(); c != nil && c.slow(now) {
		return true
	}
	x := s.lent.Load()
	return x != nil && x.slow(now)
}

// The pace below which content counts as slow, and the time that a verdict needs:
// so much waiting for the client within so much time.
const (
	slowRate   = 64 << 10 // bytes a second
	paceWaits  = time.Second
	paceWindow = 5 * time.Second
)

// pace tells whether the client is what content waits for. Its user guards it.
type pace struct {
	since time.Duration // when the wait that lasts began; 0: none does
	from  time.Duration // when the window began
	spent time.Duration // of the window, in waits that have ended
	moved int64         // bytes in the window
	slow  bool          // the verdict of the last window
}

// pause begins a wait for the client.
func (p *pace) pause(now time.Duration) {
	p.since = max(now, 1)
	if p.from == 0 {
		p.from = p.since
	}
}

// resume ends the wait, in which n bytes have moved.
func (p *pace) resume(now time.Duration, n int) {
	if p.since == 0 {
		return
	}
	p.spent += now - p.since
	p.moved += int64(n)
	p.since = 0
	if p.spent >= paceWaits || now-p.from >= paceWindow {
		p.slow = p.spent >= paceWaits && float64(p.moved) < slowRate*p.spent.Seconds()
		*p = pace{slow: p.slow}
	}
}

// isSlow is the verdict at the time now. A wait that alone lasts for paceWaits is
// slow, as one wait is for one piece of content.
func (p *pace) isSlow(now time.Duration) bool {
	return p.slow || p.waited(now) >= paceWaits
}

// waited is how long the wait that lasts has lasted.
func (p *pace) waited(now time.Duration) time.Duration {
	if p.since == 0 {
		return 0
	}
	return now - p.since
}
