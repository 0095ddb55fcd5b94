package origin

import (
	"context"
	"sync"
	"time"
)

// Canceller is a context for work that another goroutine may cancel, such as the
// fetches for a client that may leave. It allocates nothing per fetch; watching another
// context takes three allocations. The zero Canceller is ready for use. Its methods may
// be called from any goroutine.
type Canceller struct {
	mu sync.Mutex

	cancelled bool
	done      chan struct{} // closed by Cancel; nil: nobody asked for it
	attached  []Aborter
	room      [2]Aborter // memory for attached
}

// Aborter is work that a Canceller can end.
type Aborter interface {
	// Abort ends it at once. It is called under the lock of the Canceller, so it
	// must neither wait nor call the Canceller.
	Abort()
}

var _ context.Context = (*Canceller)(nil)

// Cancel aborts all work that is attached, and all that is attached until Reset.
func (c *Canceller) Cancel() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancelled {
		return
	}
	c.cancelled = true
	if c.done != nil {
		close(c.done)
	}
	for _, a := range c.attached {
		a.Abort()
	}
}

// Attach aborts a on Cancel, at once if Cancel has been called already.
func (c *Canceller) Attach(a Aborter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attached == nil {
		c.attached = c.room[:0]
	}
	c.attached = append(c.attached, a)
	if c.cancelled {
		a.Abort()
	}
}

// detach ends Attach. It reports false if Cancel was called, or if a was not attached.
func (c *Canceller) detach(a Aborter) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, other := range c.attached {
		if other == a {
			last := len(c.attached) - 1
			c.attached[i] = c.attached[last]
			c.attached[last] = nil
			c.attached = c.attached[:last]
			return !c.cancelled
		}
	}
	return false
}

// Reset makes c ready for other work. Earlier work must have ended.
func (c *Canceller) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancelled {
		c.cancelled, c.done = false, nil
	}
	clear(c.attached)
	c.attached = c.attached[:0]
}

// Done implements context.Context.
func (c *Canceller) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.cancelled {
			close(c.done)
		}
	}
	return c.done
}

// Err implements context.Context.
func (c *Canceller) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancelled {
		return context.Canceled
	}
	return nil
}

// Deadline implements context.Context: there is none.
func (c *Canceller) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context: there is none.
func (c *Canceller) Value(any) any { return nil }

// attachment ties work to a context that may end it. The zero attachment is for a
// context that does not end.
type attachment struct {
	canceller *Canceller
	work      Aborter
	stop      func() bool // of a context that is no Canceller
}

// attach aborts a when ctx ends.
func attach(ctx context.Context, a Aborter) attachment {
	if c, ok := ctx.(*Canceller); ok {
		c.Attach(a)
		return attachment{canceller: c, work: a}
	}
	if ctx.Done() == nil {
		return attachment{}
	}
	return attachment{stop: context.AfterFunc(ctx, a.Abort)}
}

// detach ends attach. It reports false if the context ended before.
func (a *attachment) detach() bool {
	switch {
	case a.canceller != nil:
		return a.canceller.detach(a.work)
	case a.stop != nil:
		return a.stop()
	}
	return true
}
