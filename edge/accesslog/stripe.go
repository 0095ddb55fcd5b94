package accesslog

import (
	"sync"

	"brink/store"
)

// verdict is what became of an entry.
type verdict uint8

const (
	appended verdict = iota
	full             // the stripe has no room
	retired          // the pipe was replaced or closed
)

// stripe is one of the buffers between requests and the writer.
type stripe struct {
	limit int // bytes; an append beyond it is undone

	mu struct {
		sync.Mutex

		run    run
		clock  clock
		closed bool
	}

	_ [64]byte
}

// append encodes e into the buffer and says whether the writer is due.
func (s *stripe) append(p *pipe, e *Entry) (v verdict, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return retired, false
	}
	lines := s.mu.run.lines
	before := len(lines)
	if p.combined {
		lines = combinedLine(lines, &s.mu.clock, e)
	} else {
		lines = jsonLine(lines, &s.mu.clock, p.node, e)
	}
	if len(lines) > s.limit {
		s.mu.run.lines = lines[:before] // with the memory that it grew
		return full, false
	}
	s.mu.run.add(lines, e.Time+store.Instant(e.Duration))
	return appended, before < flushSize && len(lines) >= flushSize
}

// swap exchanges what the stripe holds for r, which is empty. After the last
// swap the stripe takes no more.
func (s *stripe) swap(r *run, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.run, *r = *r, s.mu.run
	s.mu.closed = s.mu.closed || last
}
