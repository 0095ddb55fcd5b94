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
	addr   netip.AddrPort
	raw    *socket
	net    net.Conn  // raw, or TLS on it
	tls    *tls.Conn // nil: plain
	ask    ask       // bound for plain TCP only

	kept        bool          // it has been idle
	private     bool          // it may serve only the client of pin; stays true
	pin         *Pin          // nil: a private connection ends with the exchange
	informed    bool          // the client was sent an informational response of the exchange
	unsolicited bool          // an answer came on it while it was idle
	reused      bool          // a request was sent on it after that; counted when the exchange ends
	since       time.Duration // when it became idle

	head    wire.Response // the last one read; its memory is used again
	decoder wire.Decoder
}

// socket is the TCP connection below TLS. It times out when a deadline has passed:
// if the one set on the descriptor came too early, the read or write goes on.
type socket struct {
	net.Conn
	clock         clock // of the origin
	reads, writes deadline

	poll    poll
	probing bool // reads find nothing, without asking the kernel
	ended   bool // the other side has sent FIN
}

// errNothing is the error of a read from a probing socket. crypto/tls takes it for a
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
	for {
		n, err := s.Conn.Read(p)
		if n == 0 && err != nil && s.readsOn(err) {
			continue
		}
		if err == io.EOF {
			s.ended = true
		}
		return n, err
	}
}

func (s *socket) Write(p []byte) (written int, err error) {
	for {
		n, err := s.Conn.Write(p[written:])
		written += n
		if err == nil || !s.writesOn(err) {
			return written, err
		}
	}
}

// readsOn reports whether a read that ended with err goes on.
func (s *socket) readsOn(err error) bool {
	if !timedOut(err) {
		return false
	}
	at, ok := s.reads.extend(s.clock.now())
	return ok && s.SetReadDeadline(s.clock.at(at)) == nil
}

// writesOn reports whether a write that ended with err goes on.
func (s *socket) writesOn(err error) bool {
	if !timedOut(err) {
		return false
	}
	at, ok := s.writes.extend(s.clock.now())
	return ok && s.SetWriteDeadline(s.clock.at(at)) == nil
}

// abort ends c at once, without the farewell of TLS. Reads and writes that
// wait on it fail. It may be called from any goroutine, and more than once.
func (c *conn) abort() { c.raw.Close() }

// Abort implements Aborter. It does not wait for goroutines that use c, as closing
// can.
func (c *conn) Abort() { go c.abort() }

// close ends c in the orderly way. c must be idle: then the send buffer is empty, and
// close does not wait.
func (c *conn) close() { c.net.Close() }

// quiet reports whether c can carry another exchange: since the last one, no bytes and
// no end have arrived. Over plain TCP it reports true, and ask finds out.
func (c *conn) quiet() bool {
	if c.ask.raw != nil {
		return true
	}
	if c.raw.poll.readable() {
		if c.tls != nil {
			c.found()
		}
		return false
	}
	if c.tls == nil {
		return true
	}
	// TLS may hold records that came in with the last one of the response.
	var b [1]byte
	c.raw.probing = true
	n, err := c.tls.Read(b[:])
	c.raw.probing = false
	c.unsolicited = n > 0
	return errors.Is(err, errNothing)
}

// arm lets the reads from now on last for limit in all.
func (c *conn) arm(now, limit time.Duration) error {
	at, ok := c.raw.reads.give(now, limit)
	if !ok {
		return nil
	}
	return c.raw.SetReadDeadline(c.raw.clock.at(at))
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

// write sends p, giving up when limit has passed.
func (c *conn) write(p []byte, limit time.Duration) (int, error) {
	if at, ok := c.raw.writes.give(c.raw.clock.now(), limit); ok {
		if err := c.raw.SetWriteDeadline(c.raw.clock.at(at)); err != nil {
			return 0, err
		}
	}
	return c.net.Write(p)
}

// timedOut reports whether err is a deadline's.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
