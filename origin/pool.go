package origin

import (
	"context"
	"errors"
	"time"
)

// take returns a kept connection to s that can be used, or nil. The newest is
// first, so that the ones that are not needed grow old and end.
func (o *Origin) take(s *server) *conn {
	for {
		c := o.pop(s)
		if c == nil {
			return nil
		}
		if time.Since(c.since) < s.idle && s.dialer.place.holds(c.addr) && c.quiet() {
			o.reused(s)
			return c
		}
		o.discard(c)
	}
}

func (o *Origin) pop(s *server) *conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(s.mu.idle)
	if n == 0 {
		return nil
	}
	c := s.mu.idle[n-1]
	s.mu.idle[n-1] = nil
	s.mu.idle = s.mu.idle[:n-1]
	return c
}

// keep puts c among the idle ones, or ends it if there are enough or its
// address is no longer one of the server's.
func (o *Origin) keep(c *conn) {
	s := c.server
	c.since = time.Now()
	stays := s.dialer.place.holds(c.addr)
	o.mu.Lock()
	stays = stays && !o.mu.closed && len(s.mu.idle) < s.keep
	if stays {
		s.mu.idle = append(s.mu.idle, c)
	} else {
		s.mu.open--
	}
	o.mu.Unlock()
	if !stays {
		c.close()
	}
}

// discard ends c, which is not idle.
func (o *Origin) discard(c *conn) {
	c.abort()
	o.mu.Lock()
	c.server.mu.open--
	o.mu.Unlock()
}

// open makes a new connection to s. The caller has a place in the queue, so
// that at most the limit are in use; an idle one makes room if all are taken.
func (o *Origin) open(ctx context.Context, s *server) (*conn, error) {
	if spare := o.reserve(s); spare != nil {
		spare.close()
	}
	c, err := s.dialer.dial(ctx)
	if err == nil {
		c.server = s
		return c, nil
	}
	o.mu.Lock()
	s.mu.open--
	o.mu.Unlock()
	return nil, o.failed(s, err)
}

// reserve counts a connection to s in, and returns an idle one to be closed
// for it where there are as many as may be.
func (o *Origin) reserve(s *server) *conn {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.mu.open++
	s.mu.dials++
	total := 0
	var oldest *server
	for _, other := range o.servers {
		total += other.mu.open
		if len(other.mu.idle) > 0 && (oldest == nil || other.mu.idle[0].since.Before(oldest.mu.idle[0].since)) {
			oldest = other
		}
	}
	if total <= o.conf.MaxConnections || oldest == nil {
		return nil
	}
	spare := oldest.mu.idle[0]
	oldest.mu.idle = dropFirst(oldest.mu.idle, 1)
	oldest.mu.open--
	return spare
}

// dropFirst removes the n first of list in place.
func dropFirst(list []*conn, n int) []*conn {
	kept := copy(list, list[n:])
	clear(list[kept:])
	return list[:kept]
}

// sweep ends the connections of s that have been idle for too long, or that
// lead to an address that s no longer has.
func (o *Origin) sweep(s *server, now time.Time) {
	var gone []*conn
	o.mu.Lock()
	kept := s.mu.idle[:0]
	for _, c := range s.mu.idle {
		if o.mu.closed || now.Sub(c.since) >= s.idle || !s.dialer.place.holds(c.addr) {
			gone = append(gone, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(s.mu.idle[len(kept):])
	s.mu.idle = kept
	s.mu.open -= len(gone)
	o.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
}

// failed puts the name of s into err, and counts it.
func (o *Origin) failed(s *server, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		panic("BUG: a failure of a server without a kind: " + err.Error())
	}
	o.count(s, e.Kind)
	return &Error{Kind: e.Kind, Server: s.name, Err: e.Err}
}
