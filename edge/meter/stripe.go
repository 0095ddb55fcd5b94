package meter

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// stripes hands out the stripe that a goroutine should count in. A sync.Pool keeps its
// values per processor, so a processor mostly gets the same stripe again: the lock is free
// and the counters are in the processor's cache. Only speed depends on that, as two
// goroutines may hold the same stripe.
type stripes struct {
	count int
	next  atomic.Uint32
	pool  sync.Pool
}

type stripe struct{ index int }

// maxStripes bounds the memory of a site.
const maxStripes = 64

func (s *stripes) init() {
	s.count = min(runtime.GOMAXPROCS(0), maxStripes)
	all := make([]stripe, s.count)
	for i := range all {
		all[i].index = i
	}
	s.pool.New = func() any { return &all[int(s.next.Add(1))%len(all)] }
}

func (s *stripes) take() *stripe   { return s.pool.Get().(*stripe) }
func (s *stripes) give(st *stripe) { s.pool.Put(st) }
