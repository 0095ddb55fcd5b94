package disk

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"brink/store"
)

// errFull: the queue has had no room for longer than a stream may wait.
var errFull = errors.New("the disk does not keep up")

// stream is a body that is written while it arrives: run by run through the
// queue, in which each run waits for its turn like an object. The head follows
// with Save, once the place of all runs is known.
type stream struct {
	tier    *Tier
	until   store.Instant // the body is of use, by the head that came before it
	arrival *arrival

	mu sync.Mutex

	buf      []byte         // the run that is being filled
	waiting  map[int][]byte // runs in the queue
	location store.Location // of those that were written
	err      error          // why no more is written
	news     chan struct{}  // closed and renewed when a run was written
}

// arrival says of a body whether it is still arriving. It outlives its stream.
type arrival struct{ over atomic.Bool }

// Stream takes the body of o, n bytes, or more if that is not known, while it
// arrives; nil if that is too much, or the tier is out of service.
func (t *Tier) Stream(o *store.Object, n int64) store.Stream {
	if t.databases.Load() == nil || n > t.sizes.object {
		return nil
	}
	return &stream{
		tier: t, until: useful(o), arrival: new(arrival),
		waiting: make(map[int][]byte), news: make(chan struct{}),
	}
}

// Write cuts p into runs, and waits for room in the queue.
func (s *stream) Write(p []byte) error {
	for len(p) > 0 {
		s.mu.Lock()
		n := min(len(p), store.RunSize-len(s.buf))
		if s.buf == nil {
			s.buf = make([]byte, 0, store.RunSize)
		}
		s.buf = append(s.buf, p[:n]...)
		p = p[n:]
		full := len(s.buf) == store.RunSize
		s.mu.Unlock()
		if !full {
			return nil
		}
		if err := s.send(); err != nil {
			return err
		}
	}
	return nil
}

// send has the run that is being filled written.
func (s *stream) send() error {
	s.mu.Lock()
	run, i, err := s.buf, len(s.location.Runs)+len(s.waiting), s.err
	if int64(i)*store.RunSize > s.tier.sizes.object {
		err = errFull
	}
	if err == nil {
		s.waiting[i] = run
		s.buf = nil
	}
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.tier.queue.await(&work{stream: s, run: i, bytes: int64(len(run))}, patience)
}

// next is called by the writer for the run whose turn has come.
func (s *stream) next(i int) (run []byte, wanted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting[i], s.err == nil
}

// wrote is called by the writer for the run that next gave, in their order.
func (s *stream) wrote(i int, pos position, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
	// After an error what waits is kept for those who still read it.
	if s.err == nil {
		delete(s.waiting, i)
		s.location.Runs = append(s.location.Runs, uint64(pos))
	}
	close(s.news)
	s.news = make(chan struct{})
}

// Read returns what there is of run i, wherever it is.
func (s *stream) Read(i int, buf []byte) ([]byte, error) {
	s.mu.Lock()
	if run, ok := s.waiting[i]; ok {
		defer s.mu.Unlock()
		return append(buf[:0], run...), nil
	}
	if i < len(s.location.Runs) {
		pos := position(s.location.Runs[i])
		s.mu.Unlock()
		return s.tier.readWithin(patience, pos, buf)
	}
	defer s.mu.Unlock()
	if i > len(s.location.Runs)+len(s.waiting) {
		return nil, errNotThere
	}
	return append(buf[:0], s.buf...), nil
}

// Commit writes the last run and waits until all are.
func (s *stream) Commit() (*store.Location, error) {
	if len(s.buf) > 0 {
		if err := s.send(); err != nil {
			return nil, err
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		left, err, news := len(s.waiting), s.err, s.news
		s.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if left == 0 {
			return &store.Location{Runs: s.location.Runs}, nil
		}
		select {
		case <-news:
		case <-timer.C:
			return nil, errLate
		}
	}
}

// Abort has no more written. What was written goes with its segment.
func (s *stream) Abort() {
	s.arrival.over.Store(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = errors.New("the body was given up")
	}
}
