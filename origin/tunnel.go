package origin

import (
	"errors"
	"io"
	"sync"
	"time"
)

// tunnel is a connection after 101. One goroutine may read while another
// writes; Close may be called from any.
type tunnel struct {
	origin   *Origin
	conn     *conn
	slot     *slot
	attached attachment // to the fetch's context
	unread   []byte     // came with the response
	once     sync.Once
}

// Tunnel takes the connection out of a response with status 101. The caller
// closes it; until then it counts as a connection in use. No timeouts apply to
// it, but the context of the fetch still ends it.
//
// What it returns also has CloseWrite() error, which ends one direction.
func (x *Response) Tunnel() io.ReadWriteCloser {
	if x.Status != 101 || x.slot == nil {
		panic("BUG: a tunnel without 101")
	}
	x.slot = nil
	return x.exchange.tunnel()
}

func (e *http1Exchange) tunnel() io.ReadWriteCloser {
	t := &tunnel{origin: e.origin, conn: e.conn, slot: e.slot, attached: e.attached}
	t.unread = append(t.unread, e.mem[e.from:e.to]...)
	e.from, e.to = 0, 0
	e.conn, e.slot = nil, nil
	t.conn.net.SetDeadline(time.Time{})
	return t
}

func (t *tunnel) Read(p []byte) (int, error) {
	if len(t.unread) > 0 {
		n := copy(p, t.unread)
		t.unread = t.unread[n:]
		return n, nil
	}
	return t.conn.read(p)
}

func (t *tunnel) Write(p []byte) (int, error) { return t.conn.net.Write(p) }

// CloseWrite ends the direction to the server.
func (t *tunnel) CloseWrite() error {
	if t.conn.tls != nil {
		return t.conn.tls.CloseWrite()
	}
	if c, ok := t.conn.raw.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Close ends both directions. It may be called more than once.
func (t *tunnel) Close() error {
	t.once.Do(func() {
		t.attached.detach()
		t.conn.abort()
		t.origin.release(t.conn, t.slot, false)
	})
	return nil
}
