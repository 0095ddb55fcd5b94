package origin

import (
	"context"
	"errors"
)

// errAborted is what running and later fetches give after Abort.
var errAborted = &Error{Kind: Cancelled, Err: errors.New("the origin has been shut down")}

// Abort ends everything at once: connections are closed, whatever they were
// doing, and fetches that run, that wait for a slot and that come later fail
// with kind Cancelled. It does not wait for them, nor for the keeper, as Close
// does; both may be called, in any order and more than once.
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

// endError says why, if it has: nil otherwise.
func (o *Origin) endError(ctx context.Context) *Error {
	switch {
	case ctx.Err() != nil:
		return contextError(ctx)
	case o.aborted():
		return errAborted
	}
	return nil
}

// bounded returns ctx as it is until Abort. The function returned ends its use.
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
