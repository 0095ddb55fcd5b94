package origin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"
)

// headStart is how long one address has for itself before the next is tried
// too (RFC 8305 section 5 has 250 ms).
const headStart = 300 * time.Millisecond

// dialer makes connections to one endpoint. It is safe for concurrent use.
type dialer struct {
	endpoint *endpoint
	tls      *tls.Config   // nil: plain
	connect  time.Duration // for look-up and connection
	secure   time.Duration // for the handshake
	first    atomic.Uint32 // which address is first
}

// dial connects. The error has no server.
func (d *dialer) dial(ctx context.Context) (*conn, *Error) {
	raw, addr, err := d.dialAny(ctx)
	if err != nil {
		return nil, err
	}
	c := &conn{addr: addr, raw: &socket{Conn: raw}}
	c.net = c.raw
	if d.tls == nil {
		c.ask.bind(raw)
		return c, nil
	}
	c.raw.poll.bind(raw)
	if err := d.handshake(ctx, c); err != nil {
		c.abort()
		return nil, err
	}
	return c, nil
}

// dialAny connects to one of the addresses.
func (d *dialer) dialAny(ctx context.Context) (net.Conn, netip.AddrPort, *Error) {
	limited, cancel := context.WithTimeout(ctx, d.connect)
	defer cancel()
	addrs, failure := d.endpoint.addresses(limited)
	if failure != nil {
		return nil, netip.AddrPort{}, failure
	}
	raw, addr, err := race(limited, d.rotate(addrs))
	if err != nil {
		return nil, netip.AddrPort{}, connectError(ctx, limited, err)
	}
	return raw, addr, nil
}

// rotate rotates the addresses, so that each is first in turn. It keeps the rotate of the
// address families.
func (d *dialer) rotate(addrs []netip.AddrPort) []netip.AddrPort {
	same := 1
	for same < len(addrs) && addrs[same].Addr().Is4() == addrs[0].Addr().Is4() {
		same++
	}
	first := int(d.first.Add(1)-1) % same
	ordered := make([]netip.AddrPort, 0, len(addrs))
	ordered = append(ordered, addrs[first:same]...)
	ordered = append(ordered, addrs[:first]...)
	return append(ordered, addrs[same:]...)
}

// dialed is the result of connecting to one address.
type dialed struct {
	conn net.Conn
	addr netip.AddrPort
	err  error
}

func dialOne(ctx context.Context, addr netip.AddrPort) dialed {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr.String())
	return dialed{c, addr, err}
}

// race connects to addrs in order (RFC 8305). It tries the next one when one fails or
// has not answered within headStart. The first connection wins. All attempts have ended
// when it returns.
func race(ctx context.Context, addrs []netip.AddrPort) (net.Conn, netip.AddrPort, error) {
	if len(addrs) == 1 {
		a := dialOne(ctx, addrs[0])
		return a.conn, a.addr, a.err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan dialed)
	running, next := 0, 0
	var won dialed
	for {
		if won.conn == nil && next < len(addrs) {
			addr := addrs[next]
			next++
			running++
			go func() { done <- dialOne(ctx, addr) }()
		}
		if running == 0 {
			break
		}
		if a, ok := await(done, won.conn == nil && next < len(addrs)); ok {
			running--
			won = better(won, a)
		}
		if won.conn != nil {
			cancel()
		}
	}
	cancel()
	return won.conn, won.addr, won.err
}

// await waits for the end of an attempt; with more of them to start, no longer
// than headStart.
func await(done <-chan dialed, more bool) (dialed, bool) {
	var late <-chan time.Time
	if more {
		late = time.After(headStart)
	}
	select {
	case a := <-done:
		return a, true
	case <-late:
		return dialed{}, false
	}
}

// better keeps the first connection, and until there is one the first error.
func better(won, a dialed) dialed {
	switch {
	case a.conn != nil && won.conn != nil:
		a.conn.Close()
	case a.conn != nil, won.err == nil && won.conn == nil:
		return a
	}
	return won
}

// connectError classifies why no connection came about. limited is ctx with
// the time limit of the phase.
func connectError(ctx, limited context.Context, err error) *Error {
	kind := ConnectionRefused
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		kind = Cancelled
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		kind = NoDescriptors
	case limited.Err() != nil, timedOut(err):
		kind = ConnectionTimeout
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		kind = DestinationUnroutable
	}
	return &Error{Kind: kind, Err: fmt.Errorf("connect: %w", err)}
}
