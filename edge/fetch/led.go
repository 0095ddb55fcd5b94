package fetch

import (
	"sync"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// Led is where a shared fetch and its leader meet. The leader is the request that began the
// fetch. If its client leaves, the fetch goes on for others.
//
// The lock decides who owns a response that is not shared. The fetch gives it to the
// leader with offer. If the leader has left by then, offer closes it. If the leader leaves
// after that, Wait closes it.
type Led struct {
	canceller origin.Canceller // of the fetch; nobody cancels it before the response is the client's alone
	fill      *store.Fill

	mu sync.Mutex

	client message.Client // nil: it waits no longer, and another request uses its memory
	result Result         // offered, and not taken yet
}

// Interim passes an informational response on while the leader waits.
func (l *Led) Interim(status int, fields *wire.Fields) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		return nil
	}
	return l.client.Interim(status, fields)
}

// offer leaves a result to the leader, in place of an earlier one. The fetch offers it
// before it tells the fill, which wakes the leader.
func (l *Led) offer(r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		r.Close()
		return
	}
	l.result.Close()
	l.result = r
}

// Wait waits for the result, which is the leader's from then on. It is called once. It
// reports false if done was closed before: then the leader has left, and gets nothing.
func (l *Led) Wait(done <-chan struct{}) (r Result, ok bool) {
	outcome := l.fill.WaitClaimed(done)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client = nil
	if outcome == store.GaveUp {
		l.result.Close()
		return Result{}, false
	}
	r, l.result = l.result, Result{}
	r.Fill = l.fill
	if r.response != nil {
		r.Canceller = &l.canceller
	}
	r.heed(outcome)
	return r, true
}
