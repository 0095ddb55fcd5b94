package origin

import "container/heap"

// queue bounds how many exchanges run at a time, and how many fetches wait for a slot.
// It is guarded by Origin.mu.
//
// A free slot goes to the client with the fewest slots; among these, to the one that
// has waited longest. So nobody waits behind a thousand requests from one address.
// If all requests come from one address, they are served in order.
//
// An upload that is known to be slow may take a slot while a quarter of the slots is
// free, or while slow exchanges have less than half of all slots, and those of its
// client less than a quarter. Otherwise it waits in a separate line: see lineKind.
//
// INVARIANT: a slot is free only if no waiter may take it.
type queue struct {
	limit, room int
	running     []*slot // in no order
	slow        int     // of running: how many are slow
	clients     map[clientKey]*client
	lines       [lineCount]line
	length      int    // waiters in both lines
	tickets     uint64 // given to the last waiter or slot
	rejected    uint64

	// For reuse.
	slots []*slot
	spare []*client
}

func newQueue(limit, room int) queue {
	q := queue{limit: limit, room: room, clients: map[clientKey]*client{}}
	q.lines[slowLine].kind = slowLine
	return q
}

// enter takes a slot. If none is free, it returns a waiter in the queue. If both are
// nil, the queue is full.
func (q *queue) enter(key clientKey, kind lineKind) (*slot, *waiter) {
	c := q.clientOf(key)
	if len(q.running) < q.limit && (kind == quickLine || q.admitsSlow(c)) {
		return q.take(c, kind), nil
	}
	if q.length >= q.room && !q.displace(c) {
		q.rejected++
		q.forget(c)
		return nil, nil
	}
	q.tickets++
	w := &waiter{slot: make(chan *slot, 1), client: c, line: kind, ticket: q.tickets}
	q.length++
	if c.join(w) {
		heap.Push(&q.lines[kind], c)
	}
	return nil, w
}

// admitsSlow reports whether c may have one more slow exchange.
func (q *queue) admitsSlow(c *client) bool {
	return len(q.running) < q.limit-q.limit/4 || q.slow < q.slowShare() && c.slow < q.clientShare()
}

// slowShare is how many slow exchanges keep their slots while others wait.
func (q *queue) slowShare() int { return max(q.limit/2, 1) }

// clientShare is slowShare for one client.
func (q *queue) clientShare() int { return max(q.limit/4, 1) }

// displace makes room in the queue for one more waiter of c. It rejects the newest
// waiter of the client with the most waiters. It reports false if c itself would then
// have the most.
func (q *queue) displace(c *client) bool {
	longest := c
	for kind := range q.lines {
		for _, other := range q.lines[kind].heap {
			if other.waits > longest.waits {
				longest = other
			}
		}
	}
	if longest.waits <= c.waits+1 {
		return false
	}
	w := longest.newest()
	q.remove(w)
	q.rejected++
	w.slot <- nil
	return true
}

// take gives c a slot. From the slow line it counts as slow.
func (q *queue) take(c *client, kind lineKind) *slot {
	var s *slot
	if n := len(q.slots); n > 0 {
		s, q.slots = q.slots[n-1], q.slots[:n-1]
	} else {
		s = new(slot)
	}
	q.tickets++
	s.client, s.index, s.serial = c, len(q.running), q.tickets
	q.running = append(q.running, s)
	c.slots++
	q.reorder(c)
	q.setSlow(s, kind == slowLine)
	return s
}

// leave gives s back, unless it was taken away before. Nobody may use s any more.
func (q *queue) leave(s *slot) {
	if s.gone.Load() != nil {
		return
	}
	q.vacate(s)
	s.client, s.audience, s.unwanted, s.shared = nil, nil, 0, false
	s.conn.Store(nil)
	s.upload.Store(nil)
	s.delivering.Store(nil)
	q.slots = append(q.slots, s)
	q.serve()
}

// vacate removes s from running.
func (q *queue) vacate(s *slot) {
	q.setSlow(s, false)
	last := q.running[len(q.running)-1]
	q.running[s.index], last.index = last, s.index
	q.running[len(q.running)-1] = nil
	q.running = q.running[:len(q.running)-1]
	s.client.slots--
	q.reorder(s.client)
	q.forget(s.client)
}

// setSlow notes whether s is slow.
func (q *queue) setSlow(s *slot, slow bool) {
	if s.slow == slow {
		return
	}
	s.slow = slow
	n := 1
	if !slow {
		n = -1
	}
	q.slow += n
	s.client.slow += n
	q.reorder(s.client)
}

// serve gives free slots to waiters.
func (q *queue) serve() {
	for len(q.running) < q.limit {
		w := q.next()
		if w == nil {
			return
		}
		q.remove(w)
		w.slot <- q.take(w.client, w.line)
	}
}

// next returns the waiter that gets the next slot; nil if none may.
func (q *queue) next() *waiter {
	quick, slow := q.first(quickLine), q.first(slowLine)
	if slow != nil && !q.admitsSlow(slow) {
		slow = nil
	}
	switch {
	case quick == nil && slow == nil:
		return nil
	case slow == nil || quick != nil && !q.precedes(slow, quick):
		return quick.first[quickLine]
	}
	return slow.first[slowLine]
}

// precedes reports whether slow, the first of the slow line, comes before quick.
func (q *queue) precedes(slow, quick *client) bool {
	return slow.slots < quick.slots ||
		slow.slots == quick.slots && slow.first[slowLine].ticket < quick.first[quickLine].ticket
}

// first returns the first client of a line; nil: the line is empty.
func (q *queue) first(kind lineKind) *client {
	if l := &q.lines[kind]; len(l.heap) > 0 {
		return l.heap[0]
	}
	return nil
}

// abandon removes w from the queue. It reports false if w no longer waits.
func (q *queue) abandon(w *waiter) bool {
	if w.gone {
		return false
	}
	q.remove(w)
	q.forget(w.client)
	return true
}

// remove removes w from its line.
func (q *queue) remove(w *waiter) {
	c, l := w.client, &q.lines[w.line]
	c.part(w)
	q.length--
	if c.first[w.line] == nil {
		heap.Remove(l, c.at[w.line])
	} else {
		heap.Fix(l, c.at[w.line])
	}
}

// reorder moves c in its lines after its number of slots has changed.
func (q *queue) reorder(c *client) {
	if c.waits == 0 {
		return
	}
	for kind := range q.lines {
		if c.first[kind] != nil {
			heap.Fix(&q.lines[kind], c.at[kind])
		}
	}
}

// clientOf returns the client with a key, a new one if there is none.
func (q *queue) clientOf(key clientKey) *client {
	c := q.clients[key]
	if c != nil {
		return c
	}
	if n := len(q.spare); n > 0 {
		c, q.spare = q.spare[n-1], q.spare[:n-1]
	} else {
		c = new(client)
	}
	c.key = key
	q.clients[key] = c
	return c
}

// forget removes c if it has no slot and waits for none.
func (q *queue) forget(c *client) {
	if c.slots == 0 && c.waits == 0 {
		delete(q.clients, c.key)
		q.spare = append(q.spare, c)
	}
}
