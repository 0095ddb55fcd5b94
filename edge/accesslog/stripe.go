package accesslog

import "sync"

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

		lines  []byte // whole lines
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
	before := len(s.mu.lines)
	lines := s.mu.lines
	if p.combined {
		lines = combinedLine(lines, &s.mu.clock, e)
	} else {
		lines = jsonLine(lines, &s.mu.clock, p.node, e)
	}
	if len(lines) > s.limit {
		s.mu.lines = lines[:before] // with the memory that it grew
		return full, false
	}
	s.mu.lines = lines
	return appended, before < flushSize && len(lines) >= flushSize
}

// swap takes the lines out and leaves the empty slice in their place. After
// the last swap the stripe takes no more.
func (s *stripe) swap(empty []byte, last bool) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.mu.lines
	s.mu.lines = empty
	s.mu.closed = s.mu.closed || last
	return lines
}
