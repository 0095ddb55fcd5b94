package meter

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// stripes hands out the stripe that a goroutine should count in. A sync.Pool
// keeps values per processor, so one processor is given the same stripe again
// and again, its lock is free and its counters are in its cache. Nothing but
// speed depends on that: two goroutines may hold one stripe.
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
