package origin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"brink/origin/health"
)

// try is one try of a fetch at one server.
type try struct {
	slot    *slot
	server  *server
	kept    *conn // an idle connection of it, not checked yet; nil: there was none
	private bool  // the connection is private; kept can only come from a Pin
	role    health.Role
	begun   time.Duration // when the server was chosen
	now     time.Duration // of the last step
	until   time.Duration // when a retry must have the response's head; 0: no retry
	limit   time.Duration // for the response's head, after which another server is asked; 0: there is none
}

// admit waits for a slot, takes it and chooses a server. If it need not wait, it
// acquires the lock once.
func (o *Origin) admit(ctx context.Context, r *Request, body *content) (t try, err error) {
	t.private = r.Pin != nil || hasCredentials(r)
	kind := quickLine
	if body.wasSlow() {
		kind = slowLine
	}
	t.now = o.clock.now()
	o.mu.Lock()
	o.mu.requests++
	o.mu.retries.ask(t.now)
	if o.mu.aborted {
		o.mu.Unlock()
		return t, errAborted
	}
	s, w := o.mu.queue.enter(keyOf(r.Client), kind)
	if s != nil {
		o.beginLocked(&t, s, r, body)
	}
	o.mu.Unlock()
	if s != nil {
		return t, nil
	}
	if s, err = o.wait(ctx, w); err != nil {
		return t, err
	}
	t.now = o.clock.now()
	o.mu.Lock()
	o.beginLocked(&t, s, r, body)
	o.mu.Unlock()
	return t, nil
}

func (o *Origin) beginLocked(t *try, s *slot, r *Request, body *content) {
	t.begun, t.slot = t.now, s
	s.begun, s.audience = t.now, r.Audience
	if body.streamed() {
		s.upload.Store(body)
	}
	if r.Pin != nil {
		t.kept = r.Pin.takeLocked()
	}
	if t.kept != nil {
		t.server = t.kept.server
		return
	}
	o.chooseLocked(t, r, nil)
	o.popLocked(t)
}

// popLocked gives t the newest kept connection of its server, if one will do.
func (o *Origin) popLocked(t *try) {
	t.kept = nil
	if !t.private {
		t.kept = t.server.popLocked()
	}
}

// wait waits until w gets a slot; a nil w means that the queue was full. Meanwhile preempt
// frees slots.
func (o *Origin) wait(ctx context.Context, w *waiter) (*slot, error) {
	if w == nil {
		return nil, o.queueFull()
	}
	o.preempt()
	late := time.NewTimer(o.conf.QueueTimeout)
	defer late.Stop()
	select {
	case s := <-w.slot:
		if s == nil {
			return nil, o.queueFull()
		}
		return s, nil
	case <-ctx.Done():
		return nil, o.leaveQueue(w, contextError(ctx))
	case <-o.life.Done():
		return nil, o.leaveQueue(w, errAborted)
	case <-late.C:
		return nil, o.leaveQueue(w, &Error{Kind: ConnectionLimit, Err: errors.New("no connection became free in time")})
	}
}

func (o *Origin) queueFull() *Error {
	return &Error{Kind: ConnectionLimit, Err: fmt.Errorf(
		"%d requests run and %d wait: the queue is full", o.conf.MaxConnections, o.conf.Queue)}
}

// leaveQueue removes w from the queue and returns err. If w got a slot meanwhile, the
// slot goes to the next waiter.
func (o *Origin) leaveQueue(w *waiter, err *Error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.mu.queue.abandon(w) {
		if s := <-w.slot; s != nil {
			o.mu.queue.leave(s)
		}
	}
	if err.Kind == ConnectionLimit {
		o.mu.queue.rejected++
	}
	return err
}

// contextError says that the caller gave up, or that its time is over.
func contextError(ctx context.Context) *Error {
	kind := Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind = ResponseTimeout
	}
	return &Error{Kind: kind, Err: context.Cause(ctx)}
}
