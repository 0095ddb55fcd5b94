package origin

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// queue bounds how many exchanges run at a time, and how many wait for it,
// first come first served. It is guarded by Origin.mu.
//
// INVARIANT: where somebody waits, running == limit: a place that becomes free
// is handed over, never put back.
type queue struct {
	limit, room int
	running     int
	waiting     []*waiter // from head on; nil: has left
	head        int
	length      int // of those that wait
	rejected    uint64
}

// waiter is one that waits. Its channel has room for the one place it is given.
type waiter struct {
	place chan struct{}
	index int // in queue.waiting
}

// enter takes a place. Without one it returns the waiter to wait with, or nil
// if the queue is full.
func (q *queue) enter() (*waiter, bool) {
	if q.running < q.limit {
		q.running++
		return nil, true
	}
	if q.length >= q.room {
		q.rejected++
		return nil, false
	}
	q.compact()
	w := &waiter{place: make(chan struct{}, 1), index: len(q.waiting)}
	q.waiting = append(q.waiting, w)
	q.length++
	return w, false
}

// leave gives a place back, to the one who waits longest if there is one.
func (q *queue) leave() {
	for ; q.head < len(q.waiting); q.head++ {
		w := q.waiting[q.head]
		if w == nil {
			continue
		}
		q.waiting[q.head] = nil
		q.head++
		q.length--
		w.place <- struct{}{}
		return
	}
	q.running--
}

// abandon takes w out of the queue, and reports false if it has a place by now.
func (q *queue) abandon(w *waiter) bool {
	if w.index >= len(q.waiting) || q.waiting[w.index] != w {
		return false
	}
	q.waiting[w.index] = nil
	q.length--
	return true
}

// compact moves the waiters to the front when most of the list is empty.
func (q *queue) compact() {
	if len(q.waiting) < 2*q.length+16 {
		return
	}
	kept := q.waiting[:0]
	for _, w := range q.waiting[q.head:] {
		if w != nil {
			w.index = len(kept)
			kept = append(kept, w)
		}
	}
	clear(q.waiting[len(kept):])
	q.waiting, q.head = kept, 0
}

// turn is a fetch's turn of a server.
type turn struct {
	server int           // its index
	kept   *conn         // taken out of its idle ones, and not looked at; nil: there was none
	alone  bool          // the connection is private; kept can only come from a Pin
	trial  bool          // it is to find out whether an outage is over
	begun  time.Duration // when the turn was given
	now    time.Duration // of the last step
	until  time.Duration // when a retry must have the response's head; 0: no retry
}

// admit waits for a place, takes it and gives the fetch its turn, in one
// acquisition of the lock where it need not wait.
func (o *Origin) admit(ctx context.Context, r *Request) (t turn, err error) {
	t.alone = r.Pin != nil || hasCredentials(r)
	t.now = o.clock.now()
	o.mu.Lock()
	o.mu.requests++
	if o.mu.aborted {
		o.mu.Unlock()
		return t, errAborted
	}
	w, ok := o.mu.queue.enter()
	if ok {
		o.takeTurnLocked(&t, r.Pin)
	}
	o.mu.Unlock()
	if ok {
		return t, nil
	}
	if err := o.wait(ctx, w); err != nil {
		return t, err
	}
	t.now = o.clock.now()
	o.mu.Lock()
	o.takeTurnLocked(&t, r.Pin)
	o.mu.Unlock()
	return t, nil
}

func (o *Origin) takeTurnLocked(t *turn, p *Pin) {
	t.begun = t.now
	if p != nil {
		t.kept = p.takeLocked()
	}
	if t.kept != nil {
		t.server = t.kept.server.index
		return
	}
	o.pickLocked(t, nil)
	o.popTurnLocked(t)
}

// popTurnLocked gives t the newest kept connection of its server, if one will do.
func (o *Origin) popTurnLocked(t *turn) {
	t.kept = nil
	if !t.alone {
		t.kept = o.servers[t.server].popLocked()
	}
}

// wait waits for the place of w, nil for one that found the queue full.
func (o *Origin) wait(ctx context.Context, w *waiter) error {
	if w == nil {
		return &Error{Kind: ConnectionLimit, Err: fmt.Errorf(
			"%d requests run and %d wait: the queue is full", o.conf.MaxConnections, o.conf.Queue)}
	}
	late := time.NewTimer(o.conf.QueueTimeout)
	defer late.Stop()
	select {
	case <-w.place:
		return nil
	case <-ctx.Done():
		return o.renounce(w, contextError(ctx))
	case <-o.life.Done():
		return o.renounce(w, errAborted)
	case <-late.C:
		return o.renounce(w, &Error{Kind: ConnectionLimit, Err: errors.New("no connection became free in time")})
	}
}

// renounce takes w out of the queue with err; a place that was given to it
// meanwhile goes to the next.
func (o *Origin) renounce(w *waiter, err *Error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.mu.queue.abandon(w) {
		o.mu.queue.leave()
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
