package origin

import "sync/atomic"

// The bounds of Memory.
const (
	uploadMemory   = 32 << 20
	responseMemory = 16 << 20
)

// Memory bounds the content that all origins of a node read ahead: of requests before
// they have a connection, and of responses for slow clients. When it is full, nothing
// more is read ahead.
type Memory struct{ uploads, responses byteBudget }

// NewMemory returns memory of which nothing is in use.
func NewMemory() *Memory {
	m := new(Memory)
	m.uploads.limit, m.responses.limit = uploadMemory, responseMemory
	return m
}

// Spend makes o use m, which several origins may share. It must be called before
// the first Fetch.
func (o *Origin) Spend(m *Memory) { o.memory = m }

// byteBudget is a bounded number of bytes. Its methods may be called from any goroutine.
type byteBudget struct {
	limit   int64
	used    atomic.Int64
	refused atomic.Uint64 // times that it was used up
}

// take reserves n bytes. It reports false if there are not so many.
func (s *byteBudget) take(n int) bool {
	if s.used.Add(int64(n)) <= s.limit {
		return true
	}
	s.give(n)
	s.refused.Add(1)
	return false
}

func (s *byteBudget) give(n int) { s.used.Add(int64(-n)) }
