package main

import "container/list"

// lru is a cache that gives way by the least recent use, as a yardstick: objects
// take their size and nothing else.
type lru struct {
	budget, used int64
	order        *list.List // of requests, most recent first
	elements     map[uint64]*list.Element
}

func newLRU(budget int64) *lru {
	return &lru{budget: budget, order: list.New(), elements: make(map[uint64]*list.Element)}
}

// hit reports whether the object was there. It is from now on.
func (c *lru) hit(r request) bool {
	if e := c.elements[r.id]; e != nil {
		c.order.MoveToFront(e)
		return true
	}
	c.elements[r.id] = c.order.PushFront(r)
	c.used += r.size
	for c.used > c.budget {
		last := c.order.Remove(c.order.Back()).(request)
		delete(c.elements, last.id)
		c.used -= last.size
	}
	return false
}

// yardstick is what such a cache does with a trace.
func (t *trace) yardstick(name string, budget int64) result {
	cache := newLRU(budget)
	warm, counted := t.halves()
	for _, r := range warm {
		cache.hit(r)
	}
	var n tally
	for _, r := range counted {
		if !cache.hit(r) {
			n.requests++
			n.bytes += r.size
		}
	}
	return t.result(name, n)
}
