package origin

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"brink/edge/wire"
)

// conn is one connection to a server. An exchange owns it, or the idle list of
// its server does; only abort may be called by others.
type conn struct {
	server *server
	clock  clock // of the origin
	addr   netip.AddrPort
	raw    *socket
	net    net.Conn  // raw, or TLS on it
	tls    *tls.Conn // nil: plain
	ask    ask       // bound for plain TCP only

	kept   bool          // it has been idle
	reused bool          // a request was sent on it after that; counted when the exchange ends
	since  time.Duration // when it became idle

	readBy, writeBy time.Duration // the deadlines set; zero: none

	head    wire.Response // the last one read; its memory is used again
	decoder wire.Decoder
}

// socket is the TCP connection, seen from below TLS.
type socket struct {
	net.Conn
	poll    poll
	probing bool // reads find nothing, without asking the kernel
	ended   bool // the other side has sent FIN
}

// errNothing is what a read of a probing socket gives. To crypto/tls it is a
// timeout, after which the connection can still be used.
var errNothing net.Error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "nothing to read" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }

func (s *socket) Read(p []byte) (int, error) {
	if s.probing {
		return 0, errNothing
	}
	n, err := s.Conn.Read(p)
	if err == io.EOF {
		s.ended = true
	}
	return n, err
}

// abort ends c at once, without the farewell of TLS. Reads and writes that
// wait on it fail. It may be called from any goroutine, and more than once.
func (c *conn) abort() { c.raw.Close() }

// Abort is abort for a context: closing can wait for whoever uses c.
func (c *conn) Abort() { go c.abort() }

// close ends c in the orderly way. c must be idle, so that nothing in the send
// buffer can make it wait.
func (c *conn) close() { c.net.Close() }

// quiet reports whether c can carry another exchange: nothing has arrived on
// it since the last one, neither bytes nor the end. Over plain TCP it is the
// ask that finds out.
func (c *conn) quiet() bool {
	if c.ask.raw != nil {
		return true
	}
	if c.raw.poll.readable() {
		return false
	}
	if c.tls == nil {
		return true
	}
	// TLS may hold records that came in with the last one of the response.
	var b [1]byte
	c.raw.probing = true
	_, err := c.tls.Read(b[:])
	c.raw.probing = false
	return errors.Is(err, errNothing)
}

// arm gives the reads from now on limit, or up to a quarter more, in all.
func (c *conn) arm(now, limit time.Duration) error {
	by, ok := renew(c.readBy, now, limit)
	if !ok {
		return nil
	}
	c.readBy = by
	return c.net.SetReadDeadline(c.clock.at(by))
}

// read waits for bytes. The end of the stream is io.EOF only if it cannot have
// been forged: over TLS the server must have said so (RFC 8446 section 6.1,
// RFC 9112 section 9.8).
func (c *conn) read(p []byte) (int, error) {
	n, err := c.net.Read(p)
	if err == io.EOF && c.tls != nil && c.raw.ended {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// write sends p, giving up when limit, or up to a quarter more, has passed.
func (c *conn) write(p []byte, limit time.Duration) (int, error) {
	if by, ok := renew(c.writeBy, c.clock.now(), limit); ok {
		c.writeBy = by
		if err := c.net.SetWriteDeadline(c.clock.at(by)); err != nil {
			return 0, err
		}
	}
	return c.net.Write(p)
}

// renew returns the deadline to set for something that may take limit from
// now on, and whether the one in force will not do. Setting one is dear, so
// that it is set a quarter late and left alone while it is not too early.
func renew(by, now, limit time.Duration) (time.Duration, bool) {
	left := by - now
	if limit <= left && left <= limit+limit/4 {
		return by, false
	}
	return now + limit + limit/4, true
}

// timedOut reports whether err is a deadline's.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
