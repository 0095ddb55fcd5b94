package origin

import (
	"bytes"
	"time"

	"brink/origin/health"
)

// lookTime is how long to wait for the rest of a TLS record on a connection that will
// be closed in any case.
const lookTime = 5 * time.Millisecond

// idleTimeouts are how servers say that a connection was idle for too long (RFC 9110
// section 15.5.9).
var idleTimeouts = [][]byte{[]byte("HTTP/1.1 408"), []byte("HTTP/1.0 408")}

// unsolicited reports whether b, read from an idle connection, may be an answer. Some
// servers send an extra empty line, which is none.
func unsolicited(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	for _, word := range idleTimeouts {
		if bytes.HasPrefix(b, word) {
			return false
		}
	}
	return len(b) > 0
}

// found reads from c, an idle connection over TLS, and notes whether the server sent an
// answer.
func (c *conn) found() {
	var b [16]byte
	if c.raw.SetReadDeadline(time.Now().Add(lookTime)) == nil {
		n, _ := c.tls.Read(b[:]) // c is closed whatever the error is
		c.unsolicited = unsolicited(b[:n])
	}
}

// noteUnsolicited is called after s sent an answer on an idle connection, which is closed by
// now.
func (o *Origin) noteUnsolicited(s *server) {
	now := o.clock.now()
	o.mu.Lock()
	news := s.mu.health.Unsolicited(now)
	gone := s.mu.idle
	s.mu.idle = nil
	for _, c := range gone {
		o.dropLocked(c)
	}
	o.mu.Unlock()
	for _, c := range gone {
		c.close()
	}
	if news && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name, Unsolicited: health.NoReuse})
	}
}
