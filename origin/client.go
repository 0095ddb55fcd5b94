package origin

import (
	"encoding/binary"
	"net/netip"
)

// clientKey is a client as the queue tells them apart: an IPv4 address, or the
// first 64 bits of an IPv6 address, as a client usually has a whole /64.
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

// client is a client that has places or waits for some. It is guarded by
// Origin.mu.
type client struct {
	key    clientKey
	places int // exchanges that run
	slow   int // of these, the slow ones
	waits  int // in both lines

	first, last [lineCount]*waiter // first come first
	at          [lineCount]int     // where it stands in the line, if it waits there
}

// lineKind says who waits in a line.
type lineKind uint8

const (
	quickLine lineKind = iota
	slowLine           // uploads that were slow before they had a place
	lineCount
)

// line is a heap (container/heap) of the clients that wait in it. First is the one
// with the fewest places, or slow ones in the slow line, and of these the one that
// waits longest.
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
	x, y := a.places, b.places
	if l.kind == slowLine {
		x, y = a.slow, b.slow
	}
	return x < y || x == y && a.first[l.kind].turn < b.first[l.kind].turn
}

// waiter is one that waits. Its channel has room for the one slot it is given, or
// nil if it must give way.
type waiter struct {
	place      chan *slot
	client     *client
	line       lineKind
	turn       uint64 // lower came earlier
	prev, next *waiter
	gone       bool // waits no more
}

// join puts w behind the others of its client in its line, and reports whether it is the
// first.
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

// part takes w out.
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

// newest returns the waiter of c that came last; nil if none waits.
func (c *client) newest() *waiter {
	a, b := c.last[quickLine], c.last[slowLine]
	if a == nil || b != nil && b.turn > a.turn {
		return b
	}
	return a
}
