package http1

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// work is a message.Canceller that tells when it was cancelled.
type work struct {
	cancelled chan struct{}
	once      sync.Once
}

func (w *work) Cancel() { w.once.Do(func() { close(w.cancelled) }) }

// watchOf returns what is closed when the client leaves.
func watchOf(x *message.Exchange) <-chan struct{} {
	w := &work{cancelled: make(chan struct{})}
	x.Client.Watch(w)
	return w.cancelled
}

// silent is a stream that has nothing to give until the client leaves, or until
// it goes on.
type silent struct {
	left <-chan struct{}
	on   <-chan string
	got  chan<- bool // what ended the wait: the client left
}

func (s *silent) Next(wait bool) ([]byte, error) {
	if !wait {
		return nil, nil
	}
	select {
	case <-s.left:
		s.got <- true
		return nil, io.ErrUnexpectedEOF
	case p, ok := <-s.on:
		if ok {
			return []byte(p), nil
		}
		s.got <- false
		return nil, io.EOF
	}
}

func (*silent) Notify(func())            {}
func (s *silent) Trailers() *wire.Fields { return nil }
func (s *silent) Close()                 {}

const (
	asks    = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	asksOld = "GET / HTTP/1.0\r\nHost: h\r\n\r\n"
)

// way is how a client behaves while no head was sent.
type way struct {
	name  string
	leave func(nc *net.TCPConn)
	left  bool
	more  int // requests sent behind the first
}

var ways = []way{
	{"stays", func(nc *net.TCPConn) { io.WriteString(nc, "GET / HT") }, false, 0},
	{"ends its sending", func(nc *net.TCPConn) { nc.CloseWrite() }, false, 0},
	{"ends it behind more", func(nc *net.TCPConn) { io.WriteString(nc, asks); nc.CloseWrite() }, false, 1},
	{"closes", func(nc *net.TCPConn) { nc.Close() }, true, 0},
	{"closes behind more", func(nc *net.TCPConn) { io.WriteString(nc, asks); nc.Close() }, true, 0},
	{"resets", func(nc *net.TCPConn) { nc.SetLinger(0); nc.Close() }, true, 0},
}

// RFC 9112 section 9.6: a client that has ended only its sending still gets its
// answer. One that has closed is known within a second to have left.
func TestClientLeavesBeforeHead(t *testing.T) {
	old := way{"closes, HTTP/1.0", func(nc *net.TCPConn) { nc.Close() }, true, 0}
	for _, c := range append(ways, old) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			asked, left := make(chan struct{}, 2), make(chan bool, 2)
			s := start(t, &fake{serve: func(x *message.Exchange) {
				gone := watchOf(x)
				asked <- struct{}{}
				select {
				case <-gone:
					left <- true
				case <-time.After(1500 * time.Millisecond):
					left <- false
				}
				give(x, 200, "late")
			}}, engine.Config{})
			nc := s.dial()
			request := asks
			if c.name == old.name {
				request = asksOld
			}
			io.WriteString(nc, request)
			<-asked
			began := time.Now()
			c.leave(nc)
			if got := <-left; got != c.left || got && time.Since(began) > time.Second {
				t.Fatalf("left is %v after %v", got, time.Since(began))
			}
			if c.left || c.name == "stays" {
				return
			}
			want := strings.Repeat(ok("late"), 1+c.more)
			if got, err := io.ReadAll(nc); string(got) != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

// An interim response goes on where the bytes that were sent ahead end, and so do
// a reply of HTTP/1.0 and a tunnel.
func TestSentAhead(t *testing.T) {
	early := "HTTP/1.1 103 Early Hints\r\n\r\n"
	far, near := net.Pipe()
	defer near.Close()
	far.Close()
	for _, c := range []struct{ target, in, want string }{
		{"/early", strings.Replace(asks, "/", "/early", 1), early + early + okClose("late")},
		{"/old", "GET /old HTTP/1.0\r\nHost: h\r\n\r\n", okClose("late")},
		{"/chat", switchTo, switched},
	} {
		t.Run(c.target, func(t *testing.T) {
			t.Parallel()
			s := start(t, &fake{serve: func(x *message.Exchange) {
				select {
				case <-watchOf(x):
					t.Error("the client left")
				case <-time.After(1500 * time.Millisecond):
				}
				switch c.target {
				case "/early":
					x.Client.Interim(103, nil)
					x.Client.Interim(103, nil)
				case "/chat":
					x.Reply.Head, x.Reply.Tunnel = head(200, "A: b"), near
					return
				}
				give(x, 200, "late")
				x.Reply.Close = true
			}}, engine.Config{})
			if got := s.talk(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// While a chunked reply waits for more content, a client that closes is known within a
// second to have left. One that only ends its sending, at any time, gets all of it.
func TestClientLeavesInContent(t *testing.T) {
	halfClose := func(nc *net.TCPConn) { nc.CloseWrite() }
	for _, c := range []struct {
		name   string
		before func(nc *net.TCPConn) // the head is sent
		then   func(nc *net.TCPConn)
		flows  bool // content goes on
		left   bool
	}{
		{"stays", nil, nil, false, false},
		{"closes", nil, func(nc *net.TCPConn) { nc.Close() }, false, true},
		{"resets", nil, func(nc *net.TCPConn) { nc.SetLinger(0); nc.Close() }, false, true},
		{"closed before the head", func(nc *net.TCPConn) { nc.Close() }, nil, false, true},
		{"ended its sending before the head", halfClose, nil, false, false},
		{"ends its sending", nil, halfClose, false, false},
		{"ends its sending while content flows", nil, halfClose, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			on, got := make(chan string), make(chan bool, 1)
			asked, answer := make(chan struct{}), make(chan struct{})
			f := &fake{serve: func(x *message.Exchange) {
				gone := watchOf(x)
				close(asked)
				<-answer
				x.Reply.Head, x.Reply.Length = head(200), -1
				x.Reply.Stream = &silent{left: gone, on: on, got: got}
			}}
			s := start(t, f, engine.Config{})
			nc := s.dial()
			io.WriteString(nc, get)
			<-asked
			if c.before != nil {
				c.before(nc)
				time.Sleep(50 * time.Millisecond)
			}
			close(answer)
			if c.before == nil {
				expect(t, nc, "HTTP/1.1 200 OK\r\n")
			}
			began := time.Now()
			if c.then != nil {
				c.then(nc)
			}
			left := false
			for tick := 0; !left && tick < 30; tick++ {
				select {
				case left = <-got:
				case <-time.After(50 * time.Millisecond):
					if c.flows {
						on <- "x"
					}
				}
			}
			if left != c.left || left && time.Since(began) > time.Second {
				t.Fatalf("left is %v after %v", left, time.Since(began))
			}
			if !left {
				close(on)
				if got, err := io.ReadAll(nc); !strings.HasSuffix(string(got), "0\r\n\r\n") || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
}

// The end of a write that the client did not wait for is its doing.
func TestClientLeavesWhileContentFlows(t *testing.T) {
	sent := make(chan message.Sent, 1)
	f := &fake{serve: func(x *message.Exchange) {
		x.Reply.Head, x.Reply.Length, x.Reply.Stream = head(200), -1, endless{}
	}, sent: sent}
	nc := start(t, f, engine.Config{}).dial()
	io.WriteString(nc, asks)
	expect(t, nc, "HTTP/1.1 200 OK\r\n")
	nc.Close()
	if s := <-sent; s.Complete || !s.Left {
		t.Errorf("%+v", s)
	}
}

// endless is a stream without an end.
type endless struct{}

func (endless) Next(bool) ([]byte, error) { return make([]byte, 1000), nil }
func (endless) Notify(func())             {}
func (endless) Trailers() *wire.Fields    { return nil }
func (endless) Close()                    {}

// If the client has left, a watch that begins later learns it at once, and a watch that
// has ended does not.
func TestWatchBeginsAndEnds(t *testing.T) {
	asked, result := make(chan struct{}), make(chan string, 1)
	s := start(t, &fake{serve: func(x *message.Exchange) {
		first := watchOf(x)
		x.Client.Watch(nil)
		close(asked)
		select {
		case <-first:
			result <- "a watch that had ended was told"
			return
		case <-time.After(1500 * time.Millisecond):
		}
		<-watchOf(x)
		select {
		case <-watchOf(x):
			result <- ""
		case <-time.After(100 * time.Millisecond):
			result <- "a later watch was not told"
		}
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, asks)
	<-asked
	nc.Close()
	if got := <-result; got != "" {
		t.Error(got)
	}
}
