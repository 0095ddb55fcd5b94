package engine

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// Conn is a client connection as an engine gets it. It carries the bytes of the protocol:
// they go over TCP as they are, or wrapped, as by TLS. Below a wrapper, Conn knows the TCP
// connection. Its kernel knows whether the client has left, and it can be reset.
//
// A wrapper tells what it wraps with a method NetConn() net.Conn, as tls.Conn does. If it
// can send several pieces at a time, it implements Gatherer.
type Conn struct {
	net.Conn

	Peer netip.AddrPort       // the other end; a listener may set it to the client that a proxy names
	TLS  *tls.ConnectionState // nil: the connection is not encrypted

	tcp      *net.TCPConn    // nil: there is none, as with a pipe
	raw      syscall.RawConn // of tcp; nil: the kernel cannot be asked
	gatherer Gatherer        // nil: pieces are written one by one
}

// Gatherer is a wrapper that sends several pieces at a time, for example in one batch of
// TLS records.
type Gatherer interface {
	// Writev writes the pieces in order. Like Write, it returns an error if it writes
	// less than all. It does not keep the pieces.
	Writev(pieces [][]byte) (n int, err error)
}

// NewConn returns the connection that nc carries. The handshake of TLS is over.
func NewConn(nc net.Conn) *Conn {
	c := &Conn{Conn: nc, tcp: tcpBelow(nc)}
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		p := a.AddrPort()
		c.Peer = netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	if t, ok := nc.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := t.ConnectionState()
		c.TLS = &state
	}
	if c.tcp != nil {
		c.raw = rawOf(c.tcp)
	}
	c.gatherer, _ = nc.(Gatherer)
	return c
}

// tcpBelow returns the TCP connection that nc is or wraps; nil: none.
func tcpBelow(nc net.Conn) *net.TCPConn {
	for {
		switch c := nc.(type) {
		case *net.TCPConn:
			return c
		case interface{ NetConn() net.Conn }:
			nc = c.NetConn()
		default:
			return nil
		}
	}
}

// Scheme is that of the URLs that the client asks for.
func (c *Conn) Scheme() string {
	if c.TLS != nil {
		return "https"
	}
	return "http"
}

// wrapped reports whether the bytes on the TCP connection are not those of the protocol.
func (c *Conn) wrapped() bool { return c.Conn != net.Conn(c.tcp) }

// Direct returns the descriptor, for an engine that reads and writes it by itself; nil:
// the connection is wrapped, and must be read and written as a net.Conn.
func (c *Conn) Direct() syscall.RawConn {
	if c.wrapped() {
		return nil
	}
	return c.raw
}

// Observable reports whether the kernel can be asked about the connection. If not, Ended,
// Unsent and Acked know nothing.
func (c *Conn) Observable() bool { return c.raw != nil }

// Writev writes some of the pieces, in order. Like Write, it returns an error if it does
// not write all of the first. A caller goes on from where n ends.
func (c *Conn) Writev(pieces [][]byte) (n int, err error) {
	if c.gatherer != nil && len(pieces) > 1 {
		return c.gatherer.Writev(pieces)
	}
	return c.Conn.Write(pieces[0])
}

// WriteAtOnce writes a few bytes, from any goroutine, if that needs no waiting. It reports
// whether it did. If only a part can be written, the connection is cut.
func (c *Conn) WriteAtOnce(p []byte) (whole bool) {
	switch {
	case c.raw == nil:
		return false
	case !c.wrapped():
		return c.writeDirectly(p)
	case c.Unsent() > 0:
		return false // it might wait
	}
	n, err := c.Conn.Write(p)
	return err == nil && n == len(p)
}

var errNoHalves = errors.New("the connection has no halves that can be closed")

// CloseWrite ends the sending side: the wrapper's, and that of TCP.
func (c *Conn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	switch {
	case c.tcp == nil && !ok:
		return errNoHalves
	case ok:
		if err := half.CloseWrite(); err != nil || c.tcp == nil || !c.wrapped() {
			return err
		}
	}
	return c.tcp.CloseWrite()
}

// ReadRest reads what the client still sends, for it to be thrown away. A wrapper is not
// asked any more, so that it does not answer.
func (c *Conn) ReadRest(p []byte) (int, error) {
	if c.tcp != nil {
		return c.tcp.Read(p)
	}
	return c.Conn.Read(p)
}

// ResetOnClose makes the end of the connection a reset, even if the process dies, until it
// is called with false.
func (c *Conn) ResetOnClose(on bool) error {
	linger := -1
	if on {
		linger = 0
	}
	if c.tcp == nil {
		return nil
	}
	return c.tcp.SetLinger(linger)
}

// Reset closes the connection with a reset, so that the client sees that the reply is
// incomplete. A wrapper does not say farewell: after TLS's close_notify, and for many
// clients after a plain end of TCP, too, a reply that only the end of the connection ends
// would look whole. Reset may wait for a goroutine that uses the descriptor.
func (c *Conn) Reset() {
	_ = c.ResetOnClose(true)
	if c.tcp != nil {
		_ = c.tcp.Close()
	}
	_ = c.Conn.Close()
}

// Cut closes the connection in the middle of whatever it does: one that is wrapped with a
// reset. Like Reset, it may wait.
func (c *Conn) Cut() {
	if c.wrapped() {
		c.Reset()
		return
	}
	_ = c.Conn.Close()
}
