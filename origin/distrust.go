package origin

import (
	"bytes"
	"time"
)

// distrustSpan is how long the connections to a server are used for one request each
// after it sent an answer that nobody had asked for: on another connection such an answer
// may be on its way, and would be taken for the answer to the next request.
const distrustSpan = 10 * time.Second

// lookTime is how long to wait for the rest of a TLS record on a connection that is
// given up in any case.
const lookTime = 5 * time.Millisecond

// idleTimeouts are how servers say that a connection was idle for too long (RFC 9110
// section 15.5.9).
var idleTimeouts = [][]byte{[]byte("HTTP/1.1 408"), []byte("HTTP/1.0 408")}

// unsolicited reports whether b, which came where no answer was due, may be an answer
// to somebody's request. Some servers send an empty line too many.
func unsolicited(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	for _, word := range idleTimeouts {
		if bytes.HasPrefix(b, word) {
			return false
		}
	}
	return len(b) > 0
}

// found reads what has come on c, an idle connection over TLS, and notes whether that
// is an answer.
func (c *conn) found() {
	var b [16]byte
	if c.raw.SetReadDeadline(time.Now().Add(lookTime)) == nil {
		n, _ := c.tls.Read(b[:]) // c is given up, whatever is wrong with it
		c.unsolicited = unsolicited(b[:n])
	}
}

// distrust is called after an answer came on a connection to s that no request on it had
// asked for. That connection has ended.
func (o *Origin) distrust(s *server) {
	now := o.clock.now()
	o.mu.Lock()
	s.mu.unsolicited++
	begins := now >= s.mu.distrusted
	s.mu.distrusted = now + distrustSpan
	gone := s.mu.idle
	s.mu.idle = nil
	for _, c := range gone {
		o.dropLocked(c)
	}
	o.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
	if begins && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name, Unsolicited: distrustSpan})
	}
}
