package disk

import (
	"slices"
	"sync"
	"time"

	"brink/store"
)

// queue holds the work for the log, at most one piece for each key: later work for a
// key replaces work that is not done. Until work is done, the queue answers for its
// key.
type queue struct {
	limit int64 // bytes of objects

	mu sync.Mutex

	pending map[store.Key]*work
	order   []*work // oldest first; some are done or overtaken
	bytes   int64
	runs    int         // of streams, in order or being written
	lease   int         // of the writer that has the queue: grows by one with each
	hand    *work       // the work that this writer does
	recent  []store.Key // keys of the work done since the last call of durable
	closed  bool
	room    chan struct{} // not nil: closed when there is more room
	news    chan struct{} // has one in it when there may be work
	idle    chan struct{} // not nil: closed when there is none
}

// work is one piece of work: write an object, write a run of a stream, or, if it has
// neither, delete a key.
type work struct {
	key    store.Key
	object *store.Object
	stream *stream // not nil: run is one of its
	run    int
	only   position // not zero: delete the key only if its head is at this position
	bytes  int64
}

// deletion is how many bytes a deletion counts in the queue.
const deletion = 128

func newQueue(limit int64) *queue {
	return &queue{limit: limit, pending: make(map[store.Key]*work), news: make(chan struct{}, 1)}
}

// put adds work. It reports false if the queue is full or closed. Older work for the
// key is then removed, too. Objects leave an eighth of the queue to deletions.
func (q *queue) put(w *work) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if old := q.pending[w.key]; old != nil {
		if w.only != 0 {
			return true // which is out of date
		}
		q.removeLocked(old)
	}
	limit := q.limit
	if w.object != nil {
		limit -= limit / 8
	}
	if q.closed || q.bytes+w.bytes > limit {
		q.tellLocked()
		return false
	}
	q.pending[w.key] = w
	q.order = append(q.order, w)
	q.bytes += w.bytes
	q.wake()
	return true
}

// look returns the work for a key that is not done, or nil.
func (q *queue) look(k store.Key) *work {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pending[k]
}

// owes reports whether keys are still to be deleted. With lately, keys count whose work
// was done but may not be durable.
func (q *queue) owes(lately bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.pending {
		if w.stream == nil && w.only == 0 {
			return true // an object that waits replaces an older one
		}
	}
	return lately && len(q.recent) > 0
}

// begin gives the queue to a new writer. The writer before it may hang. Its last work
// may not have become durable: if forget is set, those keys are deleted first.
// Otherwise the databases are empty and nothing has to be deleted.
func (q *queue) begin(forget bool) (lease int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var first []*work
	if forget {
		for _, k := range q.recent {
			old := q.pending[k]
			if old == nil || old.only != 0 { // a deletion of one place leaves the others
				if old != nil {
					q.removeLocked(old)
				}
				w := &work{key: k, bytes: deletion}
				q.pending[k] = w
				q.bytes += w.bytes
				first = append(first, w)
			}
		}
	} else {
		for _, w := range q.pending {
			if w.object == nil {
				q.removeLocked(w)
			}
		}
	}
	if q.hand != nil && q.hand.stream == nil {
		first = append(first, q.hand)
	}
	q.order = append(first, q.order...)
	q.recent, q.hand = nil, nil
	q.lease++
	q.tellLocked()
	return q.lease
}

// endStreams removes the runs of streams from the queue, and the one that is being
// written: all runs of a body are in the same databases, or none.
func (q *queue) endStreams(err error) {
	for _, w := range q.takeRuns() {
		w.stream.wrote(w.run, 0, err)
	}
}

func (q *queue) takeRuns() (runs []*work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.hand != nil && q.hand.stream != nil {
		runs = append(runs, q.hand)
		q.hand = nil
	}
	q.order = slices.DeleteFunc(q.order, func(w *work) bool {
		if w != nil && w.stream != nil {
			runs = append(runs, w)
			return true
		}
		return false
	})
	for _, w := range runs {
		q.bytes -= w.bytes
	}
	q.runs = 0
	q.lease++ // the writer has lost the queue
	q.tellLocked()
	return runs
}

// durable notes that all work done until now is durable.
func (q *queue) durable(lease int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if lease == q.lease {
		q.recent = nil
	}
}

// next returns the oldest work. It returns nil if there is none, or if another writer
// has the queue by now. The work stays pending until it is done.
func (q *queue) next(lease int) *work {
	q.mu.Lock()
	defer q.mu.Unlock()
	if lease != q.lease {
		return nil
	}
	for len(q.order) > 0 {
		w := q.order[0]
		q.order[0] = nil
		q.order = q.order[1:]
		if w.stream != nil || q.pending[w.key] == w {
			q.hand = w
			return w
		}
	}
	q.order = nil
	return nil
}

// done ends work that next returned.
func (q *queue) done(lease int, w *work) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if lease != q.lease {
		return
	}
	q.hand = nil
	if w.stream == nil {
		q.recent = append(q.recent, w.key)
	}
	switch {
	case w.stream != nil:
		q.bytes -= w.bytes
		q.runs--
	case q.pending[w.key] == w:
		q.removeLocked(w)
	}
	q.tellLocked()
}

// await adds a run when there is room for it. It returns errFull if there is none
// within limit, and errOff if the queue is closed.
func (q *queue) await(w *work, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			return errOff
		}
		// Half of the queue is for objects, because they cannot wait as streams do.
		if q.bytes+w.bytes <= q.limit/2 {
			q.order = append(q.order, w)
			q.bytes += w.bytes
			q.runs++
			q.mu.Unlock()
			q.wake()
			return nil
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.mu.Unlock()
		select {
		case <-room:
		case <-timer.C:
			return errFull
		}
	}
}

// wake has the writer look.
func (q *queue) wake() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

func (q *queue) removeLocked(w *work) {
	delete(q.pending, w.key)
	q.bytes -= w.bytes
}

func (q *queue) tellLocked() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	if len(q.pending) == 0 && q.runs == 0 && q.idle != nil {
		close(q.idle)
		q.idle = nil
	}
}

// drained returns a channel that is closed when no work is left.
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

// close makes the queue refuse new work.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// size returns the bytes in the queue and the number of keys with work.
func (q *queue) size() (bytes int64, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, len(q.pending)
}
