package origin

import (
	"encoding/binary"
	"net/netip"
)

// clientKey identifies a client in the queue: an IPv4 address, or the first 64 bits of
// an IPv6 address, as a client usually has a whole /64.
type clientKey uint64

// The keys of others lie in ::/16, which no client's address begins with.
const (
	unknownClient clientKey = 1 << 33 // also for fetches that are nobody's
	firstIPv4     clientKey = 1 << 32
)

func keyOf(a netip.Addr) clientKey {
	switch {
	case !a.IsValid():
		return unknownClient
	case a.Is4() || a.Is4In6():
		v4 := a.As4()
		return firstIPv4 + clientKey(binary.BigEndian.Uint32(v4[:]))
	}
	v6 := a.As16()
	return clientKey(binary.BigEndian.Uint64(v6[:8]))
}

// client is a client that has slots or waits for some. It is guarded by
// Origin.mu.
type client struct {
	key   clientKey
	slots int // exchanges that run
	slow  int // how many of these are slow
	waits int // waiters in both lines

	first, last [lineCount]*waiter // of this client, in the order in which they came
	at          [lineCount]int     // index of the client in the line's heap
}

// lineKind is which of the two lines of the queue a waiter is in.
type lineKind uint8

const (
	quickLine lineKind = iota
	slowLine           // uploads that were slow before they had a slot
	lineCount
)

// line is a heap (container/heap) of the clients with waiters in it. The first is the
// client with the fewest slots, in the slow line with the fewest slow ones; of these,
// the one that has waited longest.
type line struct {
	kind lineKind
	heap []*client
}

func (l *line) Len() int           { return len(l.heap) }
func (l *line) Less(i, j int) bool { return l.before(l.heap[i], l.heap[j]) }
func (l *line) Push(c any) {
	c.(*client).at[l.kind] = len(l.heap)
	l.heap = append(l.heap, c.(*client))
}

func (l *line) Swap(i, j int) {
	l.heap[i], l.heap[j] = l.heap[j], l.heap[i]
	l.heap[i].at[l.kind], l.heap[j].at[l.kind] = i, j
}

func (l *line) Pop() any {
	last := len(l.heap) - 1
	c := l.heap[last]
	l.heap[last] = nil
	l.heap = l.heap[:last]
	return c
}

func (l *line) before(a, b *client) bool {
	x, y := a.slots, b.slots
	if l.kind == slowLine {
		x, y = a.slow, b.slow
	}
	return x < y || x == y && a.first[l.kind].ticket < b.first[l.kind].ticket
}

// waiter is a fetch that waits for a slot. The channel has room for one value: the
// slot, or nil if the waiter was displaced.
type waiter struct {
	slot       chan *slot
	client     *client
	line       lineKind
	ticket     uint64 // of two waiters, the lower one came first
	prev, next *waiter
	gone       bool // it no longer waits
}

// join adds w as the newest of its client in its line. It reports whether it is the
// only one.
func (c *client) join(w *waiter) (first bool) {
	c.waits++
	w.prev = c.last[w.line]
	c.last[w.line] = w
	if w.prev == nil {
		c.first[w.line] = w
		return true
	}
	w.prev.next = w
	return false
}

// part removes w.
func (c *client) part(w *waiter) {
	c.waits--
	w.gone = true
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		c.first[w.line] = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		c.last[w.line] = w.prev
	}
	w.prev, w.next = nil, nil
}

// newest returns the newest waiter of c; nil if none waits.
func (c *client) newest() *waiter {
	a, b := c.last[quickLine], c.last[slowLine]
	if a == nil || b != nil && b.ticket > a.ticket {
		return b
	}
	return a
}
