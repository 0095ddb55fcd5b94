package accesslog

import (
	"sync"

	"brink/store"
)

// verdict is the result of appending an entry.
type verdict uint8

const (
	appended verdict = iota
	full             // the stripe has no room
	retired          // the pipe was replaced or closed
)

// stripe is one of the buffers between requests and the writer.
type stripe struct {
	limit int // bytes; a line that exceeds it is removed again

	mu struct {
		sync.Mutex

		run    run
		clock  clock
		closed bool
	}

	_ [64]byte
}

// append encodes e into the buffer, and reports whether the writer should wake up.
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
		s.mu.run.lines = lines[:before] // keeps the larger memory
		return full, false
	}
	s.mu.run.add(lines, e.Time+store.Instant(e.Duration))
	return appended, before < flushSize && len(lines) >= flushSize
}

// swap exchanges the run of the stripe for r, which is empty. After the last swap the
// stripe accepts no lines.
func (s *stripe) swap(r *run, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.run, *r = *r, s.mu.run
	s.mu.closed = s.mu.closed || last
}
