package listen

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"brink/edge/engine"
)

// Pauses after an error of accept: they double up to the longest.
const (
	firstPause   = 5 * time.Millisecond
	longestPause = 200 * time.Millisecond
)

// counts are the counters of a listener.
type counts struct{ accepted, shed, failed atomic.Uint64 }

// Counts are the counters of a listener since it was opened.
type Counts struct {
	Open     int    // connections now
	Accepted uint64 // connections handed to the handler
	Shed     uint64 // connections closed at once since no file descriptor was left
	Failed   uint64 // errors of accept
}

// Counts returns the counters of l.
func (l *Listener) Counts() Counts {
	return Counts{
		Open:     l.conns.len(),
		Accepted: l.counts.accepted.Load(),
		Shed:     l.counts.shed.Load(),
		Failed:   l.counts.failed.Load(),
	}
}

// Serve accepts connections until Drain or Close. If there are as many as allowed, it has
// one closed that waits for a request. If none waits, Serve waits until one ends. Meanwhile
// new clients wait in the kernel's queue.
//
// If the process has no file descriptor left, Serve uses the one in reserve to accept
// clients and reset them, one after the other with pauses.
func (l *Listener) Serve() {
	if !l.begin() {
		return
	}
	defer close(l.accepted)
	for pause := time.Duration(0); ; {
		nc, err := l.tcp.Accept()
		switch {
		case err == nil && (l.reserve.held() || l.reserve.fill()):
			l.counts.accepted.Add(1)
			l.serve(nc)
			pause = 0
			continue
		case err == nil:
			l.shed(nc)
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return
		case exhausted(err) && l.reserve.release():
			continue
		default:
			l.counts.failed.Add(1)
		}
		pause = min(max(2*pause, firstPause), longestPause)
		time.Sleep(pause)
	}
}

func (l *Listener) serve(nc net.Conn) {
	a := l.gate.Admit(peerOf(nc))
	if a == nil {
		reset(nc)
		return
	}
	if !l.conns.add(nc) {
		a.Close()
		_ = nc.Close()
		return
	}
	go func() {
		defer a.Close()
		defer l.conns.remove(nc)
		l.handler.Serve(engine.NewConn(nc), a)
	}()
}

// shed resets a connection that there is no descriptor for.
func (l *Listener) shed(nc net.Conn) {
	reset(nc)
	l.reserve.fill()
	l.counts.shed.Add(1)
}

func reset(nc net.Conn) {
	_ = nc.(*net.TCPConn).SetLinger(0)
	_ = nc.Close()
}

func peerOf(nc net.Conn) netip.Addr {
	return nc.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
}
