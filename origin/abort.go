package origin

import (
	"context"
	"errors"
)

// errAborted is the error of running and later fetches after Abort.
var errAborted = &Error{Kind: Cancelled, Err: errors.New("the origin has been shut down")}

// Abort ends everything at once: connections are closed, whatever they were
// doing. Fetches that run, that wait for a slot and that come later fail with kind
// Cancelled. Unlike Close, it does not wait for the keeper. Both may be called, in any
// order and more than once.
func (o *Origin) Abort() {
	o.mu.Lock()
	o.mu.closed, o.mu.aborted = true, true
	conns := make([]*conn, 0, len(o.mu.conns))
	for c := range o.mu.conns {
		conns = append(conns, c)
	}
	for _, s := range o.servers {
		o.unpinLocked(s)
		for _, c := range s.mu.idle {
			o.dropLocked(c)
		}
		clear(s.mu.idle)
		s.mu.idle = s.mu.idle[:0]
	}
	o.mu.Unlock()
	o.kill() // before the connections, so that those who use them know why they fail
	for _, c := range conns {
		c.abort()
	}
	o.mu.Lock()
	for b := range o.mu.bodies { // those that are in there are in use: others may not be stopped
		b.body.Stop()
	}
	o.mu.Unlock()
}

// aborted reports whether Abort has been called.
func (o *Origin) aborted() bool { return o.life.Err() != nil }

// ended reports whether a fetch has nobody left to go on for.
func (o *Origin) ended(ctx context.Context) bool { return ctx.Err() != nil || o.aborted() }

// endError returns why a fetch has nobody left to go on for; nil: it has somebody.
func (o *Origin) endError(ctx context.Context) *Error {
	switch {
	case ctx.Err() != nil:
		return contextError(ctx)
	case o.aborted():
		return errAborted
	}
	return nil
}

// bounded returns a context that ends with ctx, and on Abort. The caller must call the
// function when it no longer uses the context.
func (o *Origin) bounded(ctx context.Context) (context.Context, func()) {
	if ctx.Done() == nil {
		return o.life, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(o.life, cancel)
	return ctx, func() {
		unhook()
		cancel()
	}
}

// enlist makes Abort reach c, and reports false after it.
func (o *Origin) enlist(c *conn) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.aborted {
		return false
	}
	o.mu.conns[c] = struct{}{}
	return true
}

// enlistBody makes Abort stop b, and reports false after it.
func (o *Origin) enlistBody(b *content) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mu.aborted {
		return false
	}
	o.mu.bodies[b] = struct{}{}
	return true
}

func (o *Origin) delistBody(b *content) {
	o.mu.Lock()
	delete(o.mu.bodies, b)
	o.mu.Unlock()
}
