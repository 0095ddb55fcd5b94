package disk

import (
	"sync"

	"brink/store"
)

// queue holds what is to be done to the tier, at most one thing a key: what
// comes later takes the place of what has not been done yet. Until a thing is
// done the queue answers for its key.
type queue struct {
	limit int64 // bytes of objects

	mu sync.Mutex

	pending map[store.Key]*work
	order   []*work // oldest first; some are done or overtaken
	bytes   int64
	closed  bool
	news    chan struct{} // has one in it when there may be work
	idle    chan struct{} // not nil: closed when there is none
}

// work is one thing to be done: an object to be written, or, without one, a key
// to be forgotten.
type work struct {
	key    store.Key
	object *store.Object
	bytes  int64
}

// deletion is what a key to be forgotten counts.
const deletion = 128

func newQueue(limit int64) *queue {
	return &queue{limit: limit, pending: make(map[store.Key]*work), news: make(chan struct{}, 1)}
}

// put adds a thing to do. It reports false if the queue is full or closed: then
// what was to be done for the key before is not done either.
func (q *queue) put(w *work) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if old := q.pending[w.key]; old != nil {
		q.removeLocked(old)
	}
	if q.closed || q.bytes+w.bytes > q.limit {
		q.tellLocked()
		return false
	}
	q.pending[w.key] = w
	q.order = append(q.order, w)
	q.bytes += w.bytes
	select {
	case q.news <- struct{}{}:
	default:
	}
	return true
}

// look returns what is to be done for a key.
func (q *queue) look(k store.Key) *work {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pending[k]
}

// next returns the oldest thing to do, nil if there is none. It stays pending
// until it is done.
func (q *queue) next() *work {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.order) > 0 {
		w := q.order[0]
		q.order[0] = nil
		q.order = q.order[1:]
		if q.pending[w.key] == w {
			return w
		}
	}
	q.order = nil
	return nil
}

// done ends a thing that next gave.
func (q *queue) done(w *work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.pending[w.key] == w {
		q.removeLocked(w)
	}
	q.tellLocked()
}

func (q *queue) removeLocked(w *work) {
	delete(q.pending, w.key)
	q.bytes -= w.bytes
}

func (q *queue) tellLocked() {
	if len(q.pending) == 0 && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// drained returns a channel that is closed once there is nothing to do.
func (q *queue) drained() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.idle == nil {
		q.idle = make(chan struct{})
	}
	idle := q.idle
	q.tellLocked()
	return idle
}

// close has no more taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// size returns the bytes and the number of things to do.
func (q *queue) size() (bytes int64, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, len(q.pending)
}
