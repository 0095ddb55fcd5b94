package origin

import (
	"context"
	"sync"
	"time"
)

// Leash is a context for fetches that another goroutine may end, such as those of a
// client that may leave. It allocates nothing per fetch; watching another context
// takes three allocations. The zero Leash is ready for use. Its methods may be
// called from any goroutine.
type Leash struct {
	mu sync.Mutex

	cut  bool
	done chan struct{} // closed by Cut; nil: nobody asked for it
	held []Held
	room [2]Held // memory for held
}

// Held is work that ends with a leash.
type Held interface {
	// Abort ends it at once. It is called under the leash's lock, so it must
	// neither wait nor call the leash.
	Abort()
}

var _ context.Context = (*Leash)(nil)

// Cut ends all that the leash holds, and all that it will hold until Reset.
func (l *Leash) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return
	}
	l.cut = true
	if l.done != nil {
		close(l.done)
	}
	for _, h := range l.held {
		h.Abort()
	}
}

// Hold aborts h when the leash is cut, at once if it has been cut already.
func (l *Leash) Hold(h Held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = l.room[:0]
	}
	l.held = append(l.held, h)
	if l.cut {
		h.Abort()
	}
}

// Release ends Hold. It reports false if the leash was cut or did not hold h any
// more.
func (l *Leash) Release(h Held) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, held := range l.held {
		if held == h {
			last := len(l.held) - 1
			l.held[i] = l.held[last]
			l.held[last] = nil
			l.held = l.held[:last]
			return !l.cut
		}
	}
	return false
}

// Reset makes the leash ready for other fetches. Earlier fetches must have ended.
func (l *Leash) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		l.cut, l.done = false, nil
	}
	clear(l.held)
	l.held = l.held[:0]
}

// Done implements context.Context.
func (l *Leash) Done() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done == nil {
		l.done = make(chan struct{})
		if l.cut {
			close(l.done)
		}
	}
	return l.done
}

// Err implements context.Context.
func (l *Leash) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return context.Canceled
	}
	return nil
}

// Deadline implements context.Context: there is none.
func (l *Leash) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context: there is none.
func (l *Leash) Value(any) any { return nil }

// hold ties a fetch to a context that may end it. The zero hold is for a context
// that does not end.
type hold struct {
	leash *Leash
	held  Held
	stop  func() bool // of a context that is no Leash
}

// holdBy aborts h when ctx ends.
func holdBy(ctx context.Context, h Held) hold {
	if l, ok := ctx.(*Leash); ok {
		l.Hold(h)
		return hold{leash: l, held: h}
	}
	if ctx.Done() == nil {
		return hold{}
	}
	return hold{stop: context.AfterFunc(ctx, h.Abort)}
}

// release reports false if the context ended before.
func (h *hold) release() bool {
	switch {
	case h.leash != nil:
		return h.leash.Release(h.held)
	case h.stop != nil:
		return h.stop()
	}
	return true
}
