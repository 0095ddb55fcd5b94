package origin

import (
	"slices"

	"brink/edge/wire"
)

// Pin ties one client connection to one connection of an Origin. NTLM and
// Negotiate authenticate a connection, not a request (RFC 4559 section 6): the
// origin believes that every later request on it comes from that user. So a
// connection on which either side spoke them is private. It serves only requests
// with its Pin, and ends with it. Without a Pin it ends with its exchange.
//
// Requests with the same Pin must follow each other. Between them the connection
// counts as idle: it is ended if max_connections leaves no room for another one,
// but not for its age.
type Pin struct {
	origin *Origin
	idle   *conn // nil: there is none, or it is in use; guarded by Origin.mu
	closed bool  // guarded by Origin.mu
}

// NewPin returns a Pin, which must be closed. It has no connection yet.
func (o *Origin) NewPin() *Pin { return &Pin{origin: o} }

// Close ends the connection. If an exchange uses it, the exchange ends it. It may
// be called from any goroutine, and more than once.
func (p *Pin) Close() {
	o := p.origin
	o.mu.Lock()
	p.closed = true
	c := p.takeLocked()
	if c != nil {
		o.dropLocked(c)
	}
	o.mu.Unlock()
	if c != nil {
		c.close()
	}
}

// takeLocked takes the connection out, nil if there is none.
func (p *Pin) takeLocked() *conn {
	c := p.idle
	if c == nil {
		return nil
	}
	p.idle = nil
	s := c.server
	s.mu.pinned = slices.DeleteFunc(s.mu.pinned, func(other *conn) bool { return other == c })
	return c
}

// parkPinnedLocked leaves c, which is private, to its Pin, and reports false if
// it cannot.
func (o *Origin) parkPinnedLocked(c *conn) bool {
	p := c.pin
	if p == nil || p.closed || p.idle != nil {
		return false
	}
	p.idle = c
	c.server.mu.pinned = append(c.server.mu.pinned, c)
	return true
}

// unpinLocked takes the connections of s out that wait for the next request
// with their Pin, and forgets them.
func (o *Origin) unpinLocked(s *server) (gone []*conn) {
	for len(s.mu.pinned) > 0 {
		c := s.mu.pinned[0].pin.takeLocked()
		o.dropLocked(c)
		gone = append(gone, c)
	}
	return gone
}

// pinnedConn returns c, a Pin's connection, if it can be used, and nil otherwise.
func (o *Origin) pinnedConn(c *conn) *conn {
	if c == nil || c.quiet() {
		return c
	}
	c.abort()
	o.drop(c)
	return nil
}

// hasCredentials reports whether r would authenticate the connection.
func hasCredentials(r *Request) bool {
	return r.Fields != nil && wire.ConnectionAuth(r.Fields, wire.Authorization)
}

// Private reports whether the connection must serve no other client: the
// request or the response spoke NTLM or Negotiate, or the request had a Pin.
// It is false after Close.
func (x *Response) Private() bool { return x.slot != nil && x.exchange.private() }

// Pin leaves the connection of a private response to p, which must be of the
// same Origin and have none.
func (x *Response) Pin(p *Pin) {
	if x.slot != nil {
		x.exchange.pin(p)
	}
}
