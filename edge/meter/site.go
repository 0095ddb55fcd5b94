package meter

import (
	"sync"
	"sync/atomic"
	"time"

	"brink/edge/message"
)

// site holds the counts of one site, in a cell for each stripe. The first request that
// needs a cell makes it, so that idle sites take little memory.
type site struct {
	name  string
	cells []atomic.Pointer[cell]
}

func newSite(name string, stripes int) *site {
	return &site{name: name, cells: make([]atomic.Pointer[cell], stripes)}
}

func (s *site) cell(stripe int) *cell {
	p := &s.cells[stripe]
	if c := p.Load(); c != nil {
		return c
	}
	p.CompareAndSwap(nil, new(cell))
	return p.Load()
}

// sum adds up the cells. It reads each cell at another moment during the call.
func (s *site) sum() *counts {
	total := new(counts)
	for i := range s.cells {
		if c := s.cells[i].Load(); c != nil {
			c.mu.Lock()
			part := c.mu.counts
			c.mu.Unlock()
			total.merge(&part)
		}
	}
	return total
}

// cell holds the part of a site's counts that one stripe writes.
type cell struct {
	mu struct {
		sync.Mutex

		counts
	}
}

// counts are the plain integers of a cell, indexed by enumerations.
type counts struct {
	requests  [message.OutcomeCount][message.ReasonCount]uint64
	refusals  [message.ReasonCount]uint64 // of fetched responses by the store
	responses [classCount]uint64
	collapsed uint64
	fetched   uint64
	stored    uint64
	bytes     uint64
	latency   [groupCount]histogram
}

func (c *counts) add(s *message.CacheStatus, class class, bytes int64, d time.Duration) {
	c.requests[s.Outcome][s.Reason]++
	c.responses[class]++
	c.bytes += uint64(max(bytes, 0))
	c.latency[groups[s.Outcome]].observe(d)
	if s.Collapsed {
		c.collapsed++
	}
	if s.Fetched {
		c.fetched++
		if s.Stored {
			c.stored++
		} else if s.Store != message.ReasonNone {
			c.refusals[s.Store]++
		}
	}
}

func (c *counts) merge(o *counts) {
	for i := range c.requests {
		addEach(c.requests[i][:], o.requests[i][:])
	}
	addEach(c.refusals[:], o.refusals[:])
	addEach(c.responses[:], o.responses[:])
	c.collapsed += o.collapsed
	c.fetched += o.fetched
	c.stored += o.stored
	c.bytes += o.bytes
	for i := range c.latency {
		c.latency[i].merge(&o.latency[i])
	}
}

func addEach(dst, src []uint64) {
	for i, n := range src {
		dst[i] += n
	}
}

// outcome returns the number of requests with outcome o, for all reasons.
func (c *counts) outcome(o message.Outcome) uint64 {
	var n uint64
	for _, k := range c.requests[o] {
		n += k
	}
	return n
}
