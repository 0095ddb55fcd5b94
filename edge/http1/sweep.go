package http1

import (
	"sync"
	"sync/atomic"
	"time"
)

// limit is by when a wait in one direction must be over, on the engine's clock
// in nanoseconds. Zero: it may last. The goroutine that waits sets it, the
// sweeper reads it.
type limit struct{ by atomic.Int64 }

func (l *limit) set(by time.Duration) { l.by.Store(int64(by)) }
func (l *limit) clear()               { l.by.Store(0) }
func (l *limit) passed(now time.Duration) bool {
	by := l.by.Load()
	return by != 0 && by <= int64(now)
}

// past is a deadline that breaks off any wait.
var past = time.Unix(1, 0)

// registry holds the connections, in parts so that a sweep does not keep new
// ones waiting.
type registry struct {
	parts [16]part
	turn  atomic.Uint32
	wait  sync.WaitGroup
}

type part struct {
	mu sync.Mutex

	first  *conn
	closed bool
}

// add reports false once the registry is closed.
func (r *registry) add(c *conn) bool {
	c.part = &r.parts[r.turn.Add(1)%uint32(len(r.parts))]
	p := c.part
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	r.wait.Add(1)
	c.next = p.first
	if c.next != nil {
		c.next.prev = c
	}
	p.first = c
	return true
}

func (r *registry) remove(c *conn) {
	p := c.part
	p.mu.Lock()
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		p.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
	p.mu.Unlock()
	r.wait.Done()
}

// each calls f, which must not wait, for every connection.
func (r *registry) each(f func(*conn)) {
	for i := range r.parts {
		p := &r.parts[i]
		p.mu.Lock()
		for c := p.first; c != nil; c = c.next {
			f(c)
		}
		p.mu.Unlock()
	}
}

// close cuts all connections off and waits for their end.
func (r *registry) close() {
	for i := range r.parts {
		p := &r.parts[i]
		p.mu.Lock()
		p.closed = true
		for c := p.first; c != nil; c = c.next {
			c.cut()
		}
		p.mu.Unlock()
	}
	r.wait.Wait()
}

// sweeper is the goroutine that wakes connections that are late. It runs from
// the first connection to Close.
type sweeper struct {
	begun, ended sync.Once
	quit, done   chan struct{}
}

func (w *sweeper) start(e *Engine) {
	w.begun.Do(func() {
		e.coarse.Store(int64(e.clock()))
		w.quit, w.done = make(chan struct{}), make(chan struct{})
		go w.run(e)
	})
}

func (w *sweeper) stop() {
	w.begun.Do(func() {}) // it will not start any more
	w.ended.Do(func() {
		if w.quit != nil {
			close(w.quit)
			<-w.done
		}
	})
}

func (w *sweeper) run(e *Engine) {
	defer close(w.done)
	t := time.NewTicker(e.tick())
	defer t.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-t.C:
			now := e.clock()
			e.coarse.Store(int64(now))
			e.conns.each(func(c *conn) { c.inspect(now) })
		}
	}
}

// tick is the time between two sweeps: by so much a limit may be overrun.
func (e *Engine) tick() time.Duration {
	c := &e.config
	shortest := min(c.HeadTimeout, c.IdleTimeout, c.BodyTimeout)
	return min(max(shortest/20, 5*time.Millisecond), 500*time.Millisecond)
}

// inspect wakes c where it is late. Whoever wakes finds out why, so waking one
// that is not late after all does no harm.
func (c *conn) inspect(now time.Duration) {
	if c.readBy.passed(now) {
		c.wake()
	}
	if c.writeBy.passed(now) {
		_ = c.net.SetWriteDeadline(past)
	}
	if c.sock == nil {
		return
	}
	if c.unseen.Load() {
		c.unseen.Store(false)
		if c.sock.ended() != endNone {
			c.wake()
		}
	}
	c.look()
}
