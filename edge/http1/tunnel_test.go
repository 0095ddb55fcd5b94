package http1

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

const switchTo = "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

const switched = "HTTP/1.1 101 Switching Protocols\r\nA: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

// tunnelTo makes a handler that connects every client with the peer that it
// returns.
func tunnelTo(t *testing.T) (*fake, chan *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	far := make(chan *net.TCPConn, 1)
	return &fake{serve: func(x *message.Exchange) {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return
		}
		nc, err := l.Accept()
		if err != nil {
			return
		}
		nc.SetDeadline(time.Now().Add(20 * time.Second))
		far <- nc.(*net.TCPConn)
		x.Reply.Head, x.Reply.Tunnel = head(200, "A: b"), near
	}}, far
}

// RFC 9110 section 7.8: after a 101 the bytes behind the request, and all that
// follow, go through unchanged.
func TestTunnel(t *testing.T) {
	f, peers := tunnelTo(t)
	s := start(t, f, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, switchTo+"first")
	expect(t, nc, switched)
	far := <-peers
	defer far.Close()
	expect(t, far, "first")
	io.WriteString(far, "hello")
	expect(t, nc, "hello")
	s.Drain() // does not disturb
	io.WriteString(nc, "GET / HTTP/1.1\r\n\r\n")
	expect(t, far, "GET / HTTP/1.1\r\n\r\n")
	nc.CloseWrite()
	if rest, err := io.ReadAll(far); len(rest) != 0 || err != nil {
		t.Errorf("far side got %q, %v", rest, err)
	}
	io.WriteString(far, "still here")
	expect(t, nc, "still here")
	far.CloseWrite()
	if rest, err := io.ReadAll(nc); len(rest) != 0 || err != nil {
		t.Errorf("got %q, %v", rest, err)
	}
	if got := f.lines(1); got != "GET /chat 101 15 true" {
		t.Errorf("recorded %q", got)
	}
}

func TestTunnelOverPipe(t *testing.T) {
	f, peers := tunnelTo(t)
	go func() {
		far := <-peers
		io.WriteString(far, "bye")
		far.Close()
	}()
	if got := pipeTalk(t, f, switchTo, 1000); got != switched+"bye" {
		t.Errorf("got %q", got)
	}
}

func TestIdleTunnel(t *testing.T) {
	f, peers := tunnelTo(t)
	s := start(t, f, engine.Config{TunnelTimeout: time.Second})
	nc := s.dial()
	io.WriteString(nc, switchTo)
	expect(t, nc, switched)
	far := <-peers
	defer far.Close()
	for range 5 { // either direction counts
		time.Sleep(300 * time.Millisecond)
		io.WriteString(far, "x")
		expect(t, nc, "x")
	}
	if rest, _ := io.ReadAll(nc); len(rest) != 0 {
		t.Errorf("got %q", rest)
	}
}

// A tunnel is for those who asked for one.
func TestTunnelNotAskedFor(t *testing.T) {
	f, peers := tunnelTo(t)
	got := start(t, f, engine.Config{}).talk(strings.Replace(switchTo, "HTTP/1.1", "HTTP/1.0", 1))
	(<-peers).Close()
	if status(got) != 500 {
		t.Errorf("got %q", got)
	}
}

// A peer that goes on in silence after the client has ended is let go within a
// second.
func TestTunnelAfterClient(t *testing.T) {
	f, peers := tunnelTo(t)
	nc := start(t, f, engine.Config{}).dial()
	io.WriteString(nc, switchTo)
	expect(t, nc, switched)
	far := <-peers
	defer far.Close()
	began := time.Now()
	nc.Close()
	if got := f.lines(1); got != "GET /chat 101 0 true" || time.Since(began) > time.Second {
		t.Errorf("recorded %q after %v", got, time.Since(began))
	}
}
