package origin

import (
	"context"
	"time"
)

// keptConn returns c if it can be used at the time now, and otherwise the newest
// kept connection to the same server that can, nil for none. The newest is
// first, so that the ones that are not needed grow old and end.
func (o *Origin) keptConn(c *conn, now time.Duration) *conn {
	for c != nil && !c.usable(now) {
		s := c.server
		c.abort()
		o.drop(c)
		if c.unsolicited {
			o.noteUnsolicited(s)
		}
		c = o.pop(s)
	}
	return c
}

// usable reports whether c has not been idle for too long, its address is still one of the
// server's, and nothing has arrived on it.
func (c *conn) usable(now time.Duration) bool {
	s := c.server
	return now-c.since < s.idle && s.dialer.endpoint.hasAddress(c.addr) && c.quiet()
}

// popLocked takes the newest idle connection out, nil if there is none.
func (s *server) popLocked() *conn {
	n := len(s.mu.idle)
	if n == 0 {
		return nil
	}
	c := s.mu.idle[n-1]
	s.mu.idle[n-1] = nil
	s.mu.idle = s.mu.idle[:n-1]
	return c
}

func (o *Origin) pop(s *server) *conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	return s.popLocked()
}

// again gives t another connection to the same server, after its connection turned
// out to be unusable before anything was sent.
func (o *Origin) again(t *try) {
	o.mu.Lock()
	o.popLocked(t)
	o.mu.Unlock()
	t.now = o.clock.now()
}

// release ends an exchange: it gives the slot back and puts c
// among the idle ones, unless there are enough or its address is no longer one
// of the server's. Where c is not to be kept, it has been aborted before.
func (o *Origin) release(c *conn, s *slot, keep bool) {
	c.since = o.clock.now()
	o.mu.Lock()
	stays := o.parkLocked(c, s, keep)
	o.mu.queue.leave(s)
	o.mu.Unlock()
	if keep && !stays {
		c.close()
	}
}

// park is release for a fetch that goes on, and keeps its slot. The slot has
// no connection then: c may soon be another exchange's.
func (o *Origin) park(c *conn, s *slot, keep bool) {
	c.since = o.clock.now()
	o.mu.Lock()
	stays := o.parkLocked(c, s, keep)
	s.conn.Store(nil)
	o.mu.Unlock()
	if keep && !stays {
		c.close()
	}
}

// parkLocked puts c among the idle ones, or forgets it, and reports which. If the slot
// s was taken away, c was closed then.
func (o *Origin) parkLocked(c *conn, s *slot, keep bool) (stays bool) {
	switch {
	case !keep || o.mu.closed || s.gone.Load() != nil:
	case c.private:
		stays = o.parkPinnedLocked(c)
	default:
		stays = o.parkSharedLocked(c)
	}
	if !stays {
		o.dropLocked(c)
		return false
	}
	c.server.countLocked(c)
	c.kept = true
	return true
}

func (o *Origin) parkSharedLocked(c *conn) bool {
	s := c.server
	if len(s.mu.idle) >= s.keep || !s.dialer.endpoint.hasAddress(c.addr) || !s.mu.health.Reuses(c.since) {
		return false
	}
	s.mu.idle = append(s.mu.idle, c)
	return true
}

// dropLocked forgets c, which is not idle any more.
func (o *Origin) dropLocked(c *conn) {
	c.server.countLocked(c)
	o.forgetLocked(c)
}

// forgetLocked does not count c as open any more, if it does.
func (o *Origin) forgetLocked(c *conn) {
	if _, open := o.mu.conns[c]; open {
		c.server.mu.open--
		o.descriptors.give()
		delete(o.mu.conns, c)
	}
}

func (o *Origin) drop(c *conn) {
	o.mu.Lock()
	o.dropLocked(c)
	o.mu.Unlock()
}

// countLocked counts the exchange that c has ended, if it was not c's first.
func (s *server) countLocked(c *conn) {
	if c.reused {
		c.reused = false
		s.mu.reuses++
	}
}

// open makes a new connection to s. The caller has a slot, so
// that at most the limit are in use; an idle one makes room if all are taken.
func (o *Origin) open(ctx context.Context, t *try) (*conn, *Error) {
	s := t.server
	if spare := o.reserve(s); spare != nil {
		spare.close()
	}
	dialing, done := o.bounded(ctx)
	defer done()
	if t.until != 0 {
		limited, cancel := context.WithTimeout(dialing, o.headLimit(t))
		defer cancel()
		dialing = limited
	}
	c, err := o.dial(dialing, s)
	if err == nil {
		c.server, c.raw.clock = s, o.clock
		if o.enlist(c) {
			return c, nil
		}
		o.descriptors.give()
		c.abort()
		err = errAborted
	}
	o.mu.Lock()
	s.mu.open--
	o.mu.Unlock()
	if o.aborted() {
		return nil, errAborted
	}
	return nil, err
}

// dial makes a connection to s. If there are too few descriptors, it closes an idle
// connection to any origin.
func (o *Origin) dial(ctx context.Context, s *server) (*conn, *Error) {
	if !o.descriptors.take() {
		return nil, &Error{Kind: NoDescriptors, Err: errTooMany}
	}
	c, err := s.dialer.dial(ctx)
	if lacksDescriptors(err) && o.descriptors.shed() {
		c, err = s.dialer.dial(ctx)
	}
	if err != nil {
		o.descriptors.give()
	}
	return c, err
}

// reserve counts a new connection to s. If max_connections is exceeded, it returns an idle
// connection that the caller must close.
func (o *Origin) reserve(s *server) *conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.mu.open++
	s.mu.dials++
	total := 0
	for _, other := range o.servers {
		total += other.mu.open
	}
	if total <= o.conf.MaxConnections {
		return nil
	}
	spare := o.spareLocked()
	if spare != nil {
		o.dropLocked(spare)
	}
	return spare
}

// spareLocked takes out the connection that has been idle for the longest time.
// One that is pinned is taken last: its client must authenticate again.
func (o *Origin) spareLocked() *conn {
	var oldest *server
	for _, s := range o.servers {
		if len(s.mu.idle) > 0 && (oldest == nil || s.mu.idle[0].since < oldest.mu.idle[0].since) {
			oldest = s
		}
	}
	if oldest != nil {
		spare := oldest.mu.idle[0]
		oldest.mu.idle = dropFirst(oldest.mu.idle, 1)
		return spare
	}
	var spare *conn
	for _, s := range o.servers {
		if len(s.mu.pinned) > 0 && (spare == nil || s.mu.pinned[0].since < spare.since) {
			spare = s.mu.pinned[0]
		}
	}
	if spare != nil {
		spare.pin.takeLocked()
	}
	return spare
}

// dropFirst removes the n first of list in place.
func dropFirst(list []*conn, n int) []*conn {
	kept := copy(list, list[n:])
	clear(list[kept:])
	return list[:kept]
}

// tidy sweeps all servers. It returns how long to wait before the next call.
func (o *Origin) tidy() time.Duration {
	due := o.conf.IdleTimeout
	for _, s := range o.servers {
		due = min(due, o.sweep(s))
	}
	return max(due, time.Millisecond)
}

// sweep ends the connections of s that have been idle for too long, or that
// lead to an address that s no longer has. It returns how long it takes until the next
// connection has been idle for too long.
func (o *Origin) sweep(s *server) (due time.Duration) {
	var gone []*conn
	now := o.clock.now()
	due = s.idle
	o.mu.Lock()
	if o.mu.closed {
		gone = o.unpinLocked(s)
	}
	kept := s.mu.idle[:0]
	for _, c := range s.mu.idle {
		if o.mu.closed || now-c.since >= s.idle || !s.dialer.endpoint.hasAddress(c.addr) {
			gone = append(gone, c)
			o.dropLocked(c)
		} else {
			kept = append(kept, c)
			due = min(due, c.since+s.idle-now)
		}
	}
	clear(s.mu.idle[len(kept):])
	s.mu.idle = kept
	o.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
	return due
}

// failed counts e, a failure of s, and puts the name of s into it.
func (o *Origin) failed(s *server, e *Error) *Error {
	o.count(s, e.Kind)
	return &Error{Kind: e.Kind, Server: s.name, Err: e.Err}
}
