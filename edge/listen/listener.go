package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"brink/conf"
	"brink/edge/engine"
)

// Handler serves the connections of a listener.
type Handler struct {
	// Serve serves one connection within the limits of its account, and closes it. It
	// returns soon after another goroutine has closed the connection.
	Serve func(*engine.Conn, *engine.Account)
	// Drain asks connections to end after the exchange that they are in. Nil: nobody
	// asks them.
	Drain func()
	// Cut ends the work that connections wait for, so that Serve can return. Drain
	// calls it after the grace, before it closes the connections that are left. It
	// must not wait. Nil: connections end only when they are closed.
	Cut func()
}

// Listener is an open socket that clients connect to. Its methods may be called
// from many goroutines.
type Listener struct {
	tcp     *net.TCPListener
	handler Handler
	reserve reserve
	gate    *engine.Gate
	conns   conns
	counts  counts

	state    sync.Mutex    // guards begun and ended
	begun    bool          // Serve was called
	ended    bool          // Drain was called
	accepted chan struct{} // closed when Serve has returned
}

// keepAlive finds clients that are gone without a word within two minutes.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}

// Open listens on the address of c. Connections are accepted once Serve is
// called, as far as g admits them.
func Open(c conf.Listen, g *engine.Gate, h Handler) (*Listener, error) {
	config := net.ListenConfig{KeepAliveConfig: keepAlive, Control: unpaced}
	ln, err := config.Listen(context.Background(), "tcp", c.Address)
	if err != nil {
		return nil, fmt.Errorf("listen %q: %w", c.Name, explained(err, c.Address))
	}
	l := &Listener{tcp: ln.(*net.TCPListener), handler: h, gate: g, accepted: make(chan struct{})}
	l.conns.open()
	l.reserve.fill()
	return l, nil
}

// explained adds the meaning of the usual faults in words.
func explained(err error, address string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another process: %w", address, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s needs a privilege (CAP_NET_BIND_SERVICE) that this process has not: %w", address, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: %w", address, err)
	}
	return err
}

// Addr is where clients connect.
func (l *Listener) Addr() net.Addr { return l.tcp.Addr() }

// lastLook is how long a draining listener goes on accepting: clients that
// were connected by then are served.
const lastLook = 20 * time.Millisecond

// begin reports whether Serve may accept.
func (l *Listener) begin() bool {
	l.state.Lock()
	defer l.state.Unlock()
	if l.begun {
		panic("BUG: Serve was called twice")
	}
	l.begun = !l.ended
	return l.begun
}

// stop ends accepting and waits for Serve to return. It reports whether this
// is the first call.
func (l *Listener) stop() (first bool) {
	l.state.Lock()
	first = !l.ended
	l.ended = true
	begun := l.begun
	l.state.Unlock()
	if first {
		_ = l.tcp.SetDeadline(time.Now().Add(lastLook))
		l.gate.Shut()
	}
	if begun {
		<-l.accepted
	}
	if first {
		_ = l.tcp.Close()
		l.reserve.release()
	}
	return first
}

// Drain stops accepting, asks the handler to bring connections to an end,
// waits for them as long as grace, closes those that are left and waits for
// their handlers. It reports how many had to be closed.
func (l *Listener) Drain(grace time.Duration) (cut int) {
	if l.stop() && l.handler.Drain != nil {
		l.handler.Drain()
	}
	return l.conns.end(grace, l.handler.Cut)
}

// Close is Drain without a grace.
func (l *Listener) Close() { l.Drain(0) }
