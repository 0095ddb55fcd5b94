package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

// Tracked is a connection that a Server tracks. The server calls its methods from other
// goroutines than the connection's, with a lock held: they must not wait.
type Tracked interface {
	// Inspect wakes the connection if one of its waits has lasted too long. Every sweep
	// calls it.
	Inspect(now time.Duration)
	// Wake breaks off a wait for a request: the server drains.
	Wake()
	// Cut ends the connection at once.
	Cut()
}

// Entry is a connection's place in its Server. It belongs at the top of the connection,
// together with what Inspect looks at: a sweep passes many connections that have long
// left the processor's cache.
type Entry struct {
	next, prev *Entry // guarded by part.mu
	part       *part
	conn       Tracked
}

// registry holds the connections, in parts so that a sweep does not keep new ones
// waiting.
type registry struct {
	parts [16]part
	turn  atomic.Uint32
	wait  sync.WaitGroup
}

type part struct {
	mu sync.Mutex

	first  *Entry
	closed bool
}

// add reports false once the registry is closed.
func (r *registry) add(e *Entry, c Tracked) bool {
	p := &r.parts[r.turn.Add(1)%uint32(len(r.parts))]
	e.part, e.conn = p, c
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	r.wait.Add(1)
	e.next = p.first
	if e.next != nil {
		e.next.prev = e
	}
	p.first = e
	return true
}

func (r *registry) remove(e *Entry) {
	p := e.part
	p.mu.Lock()
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		p.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	e.next, e.prev = nil, nil
	p.mu.Unlock()
	r.wait.Done()
}

// each calls f, which must not wait, for every connection.
func (r *registry) each(f func(Tracked)) {
	for i := range r.parts {
		r.parts[i].each(f)
	}
}

// close cuts all connections off and waits for their end.
func (r *registry) close() {
	for i := range r.parts {
		p := &r.parts[i]
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.each(Tracked.Cut)
	}
	r.wait.Wait()
}

func (p *part) each(f func(Tracked)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := p.first; e != nil; e = e.next {
		f(e.conn)
	}
}
