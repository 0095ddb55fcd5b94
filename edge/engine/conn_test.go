package engine

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/edge/nowait"
)

// pair returns both ends of a TCP connection: the node's and the client's.
func pair(t *testing.T) (node, client *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); n.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return n.(*net.TCPConn), c.(*net.TCPConn)
}

// wrapper wraps a connection, as TLS does.
type wrapper struct {
	net.Conn
	said string // before the end
}

func (w *wrapper) NetConn() net.Conn { return w.Conn }

func (w *wrapper) Close() error {
	_, _ = io.WriteString(w.Conn, w.said)
	return w.Conn.Close()
}

// gathering is a wrapper that takes many pieces at a time.
type gathering struct {
	wrapper
	pieces int
}

func (g *gathering) Writev(pieces [][]byte) (n int, err error) {
	g.pieces = len(pieces)
	b := net.Buffers(pieces)
	k, err := b.WriteTo(g.Conn)
	return int(k), err
}

// until polls until something holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// What the kernel says of a connection does not depend on wrappers, nor on how many.
func TestConnBelowWrappers(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"plain":         func(nc net.Conn) net.Conn { return nc },
		"wrapped":       func(nc net.Conn) net.Conn { return &wrapper{Conn: nc} },
		"wrapped twice": func(nc net.Conn) net.Conn { return &wrapper{Conn: &wrapper{Conn: nc}} },
	} {
		t.Run(name, func(t *testing.T) {
			node, client := pair(t)
			c := NewConn(wrap(node))
			peer := client.LocalAddr().(*net.TCPAddr).AddrPort()
			if c.Peer != netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()) || c.Scheme() != "http" {
				t.Errorf("peer %v, scheme %s", c.Peer, c.Scheme())
			}
			if !c.Observable() || (c.Direct() != nil) != (name == "plain") {
				t.Errorf("observable %v, direct %v", c.Observable(), c.Direct() != nil)
			}
			if c.Ended() != EndNone || !c.Empty() || c.Unsent() != 0 {
				t.Errorf("ended %v, empty %v, unsent %d", c.Ended(), c.Empty(), c.Unsent())
			}
			before := c.Acked()
			if !c.WriteAtOnce([]byte("hello")) {
				t.Error("hello is not written")
			}
			until(t, "the acknowledgement", func() bool { return c.Acked() == before+5 })
			io.WriteString(client, "x")
			until(t, "input", func() bool { return !c.Empty() })
			client.CloseWrite()
			until(t, "the end of sending", func() bool { return c.Ended() == EndSending })
			client.SetLinger(0)
			client.Close()
			until(t, "the end", func() bool { return c.Ended() == EndAll })
		})
	}
}

// A connection without TCP below tells nothing, and can be used all the same.
func TestConnWithoutTCP(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	c := NewConn(near)
	if c.Observable() || c.Direct() != nil || c.Peer.IsValid() {
		t.Error("a pipe is taken for TCP")
	}
	if c.Ended() != EndNone || !c.Empty() || c.Unsent() != 0 || c.Acked() != 0 || c.WriteAtOnce([]byte("x")) || c.ResetOnClose(true) != nil {
		t.Error("a pipe tells something")
	}
	c.BoundUnsent(1)
	if c.CloseWrite() == nil {
		t.Error("half of a pipe was closed")
	}
	c.Cut()
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("after Cut: %v", err)
	}
}

// Reset is seen as one, and the wrapper says nothing before. Close lets it say farewell.
func TestConnEnds(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(c *Conn)
		said  string
		reset bool
	}{
		"Close":                     {func(c *Conn) { c.Close() }, "bye", false},
		"Reset":                     {(*Conn).Reset, "", true},
		"Cut":                       {(*Conn).Cut, "", true},
		"Close after ResetOnClose":  {func(c *Conn) { c.ResetOnClose(true); c.Close() }, "", true},
		"Close after it was undone": {func(c *Conn) { c.ResetOnClose(true); c.ResetOnClose(false); c.Close() }, "bye", false},
	} {
		t.Run(name, func(t *testing.T) {
			node, client := pair(t)
			c.end(NewConn(&wrapper{node, c.said}))
			got, err := io.ReadAll(client)
			if string(got) != c.said || errors.Is(err, syscall.ECONNRESET) != c.reset {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	node, client := pair(t)
	NewConn(node).Cut()
	if got, err := io.ReadAll(client); len(got) != 0 || err != nil {
		t.Errorf("a plain connection that is cut: %q, %v", got, err)
	}
}

// The sending side ends below a wrapper, too, and the rest of the input is not unwrapped.
func TestConnCloseWrite(t *testing.T) {
	node, client := pair(t)
	c := NewConn(&wrapper{Conn: node})
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); len(got) != 0 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	io.WriteString(client, "rest")
	b := make([]byte, 10)
	if n, err := c.ReadRest(b); string(b[:n]) != "rest" || err != nil {
		t.Errorf("rest %q, %v", b[:n], err)
	}
}

// A wrapper that takes several pieces gets them, others get the first.
func TestConnWritev(t *testing.T) {
	pieces := [][]byte{[]byte("one "), []byte("two "), []byte("three")}
	node, client := pair(t)
	g := &gathering{wrapper: wrapper{Conn: node}}
	n, err := NewConn(g).Writev(pieces)
	if n != 13 || err != nil || g.pieces != 3 {
		t.Errorf("gathered: %d bytes, %d pieces, %v", n, g.pieces, err)
	}
	pieces = [][]byte{[]byte("; four"), []byte("five")}
	if n, err := NewConn(&wrapper{Conn: node}).Writev(pieces); n != 6 || err != nil {
		t.Errorf("one by one: %d bytes, %v", n, err)
	}
	node.Close()
	if got, _ := io.ReadAll(client); string(got) != "one two three; four" {
		t.Errorf("got %q", got)
	}
}

// Behind bytes that the client has not taken, nothing is written that would have to wait.
func TestConnWriteAtOnceDoesNotWait(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"plain":   func(nc net.Conn) net.Conn { return nc },
		"wrapped": func(nc net.Conn) net.Conn { return &wrapper{Conn: nc} },
	} {
		t.Run(name, func(t *testing.T) {
			node, _ := pair(t)
			c := NewConn(wrap(node))
			full := []byte(strings.Repeat("x", 1<<20))
			raw, _ := node.SyscallConn()
			raw.Write(func(fd uintptr) bool {
				for {
					if _, err := nowait.Write(int(fd), full); err != nil {
						return true
					}
				}
			})
			if c.Unsent() == 0 || c.WriteAtOnce([]byte("x")) {
				t.Errorf("%d bytes unsent, and more was written", c.Unsent())
			}
		})
	}
}
