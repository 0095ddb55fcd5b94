package origin

import (
	"sync/atomic"
	"time"
)

// slot allows one exchange to run: there are max_connections slots. The exchange gives
// it back with release or leave. Under pressure the origin may take it away: see preempt.
type slot struct {
	// Guarded by Origin.mu.
	client   *client
	index    int           // in queue.running
	slow     bool          // counted as slow
	serial   uint64        // a new one each time that the slot is reused
	begun    time.Duration // when it was taken
	audience Audience      // nil: the client itself waits
	unwanted time.Duration // when a check first found nobody waiting; 0: somebody waits
	shared   bool          // several have been seen to wait

	// When the slot is taken away, these are closed. They also show the client's pace.
	// The exchange sets them, other goroutines only read them.
	conn       atomic.Pointer[conn]
	upload     atomic.Pointer[content]  // nil: no content is being sent
	delivering atomic.Pointer[Response] // nil: the client was not given any content

	gone atomic.Pointer[Error] // why the slot was taken away; nil: it was not
}

// Audience tells how many wait for a response or read it.
type Audience interface{ Waiters() int }

// bind notes that the exchange uses c. It reports false if the slot was taken away.
func (s *slot) bind(c *conn) bool {
	s.conn.Store(c)
	return s.gone.Load() == nil
}

// waitsForClient reports whether the exchange is slow because of its client.
func (s *slot) waitsForClient(now time.Duration) bool {
	if c := s.upload.Load(); c != nil && c.slow(now) {
		return true
	}
	x := s.delivering.Load()
	return x != nil && x.slow(now)
}

// Content is slow if it moves at less than slowRate while it waits for the client. That
// is judged after paceWaits of waiting in total, or at the end of each paceWindow.
const (
	slowRate   = 64 << 10 // bytes a second
	paceWaits  = time.Second
	paceWindow = 5 * time.Second
)

// pace measures whether a client is slow. Its user guards it.
type pace struct {
	since time.Duration // when the current wait began; 0: there is none
	from  time.Duration // when the window began
	spent time.Duration // in the window, in waits that have ended
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

// isSlow reports whether the client is slow at the time now. A single wait, which is for
// one piece of content, is slow once it lasts for paceWaits.
func (p *pace) isSlow(now time.Duration) bool {
	return p.slow || p.waited(now) >= paceWaits
}

// waited is how long the current wait has lasted.
func (p *pace) waited(now time.Duration) time.Duration {
	if p.since == 0 {
		return 0
	}
	return now - p.since
}
