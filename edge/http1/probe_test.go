package http1

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// script is a stream whose every piece comes when next gives it. The piece "!" breaks it
// off, and "?" panics.
type script struct {
	next     <-chan string
	left     <-chan struct{}
	trailers *wire.Fields
}

func (s *script) Next(wait bool) ([]byte, error) {
	if !wait {
		return nil, nil
	}
	select {
	case p, ok := <-s.next:
		switch {
		case !ok:
			return nil, io.EOF
		case p == "!":
			return nil, io.ErrUnexpectedEOF
		case p == "?":
			panic("boom")
		}
		return []byte(p), nil
	case <-s.left:
		return nil, errors.New("the client has left")
	}
}

func (*script) Notify(func())            {}
func (s *script) Trailers() *wire.Fields { return s.trailers }
func (s *script) Close()                 {}

// half asks for chunks, reads the first one and ends the client's sending. It returns
// once "0" has come ahead of the second.
func half(t *testing.T, requests string) (s *server, nc *net.TCPConn, next chan string) {
	t.Helper()
	next = make(chan string)
	s = start(t, &fake{serve: func(x *message.Exchange) {
		if string(x.Request.URL.Target) == "/b" {
			give(x, 200, "second")
			return
		}
		x.Reply.Head, x.Reply.Length = head(200), -1
		x.Reply.Stream = &script{next: next, left: watchOf(x), trailers: fields("A", "b")}
	}}, engine.Config{})
	nc = s.dial()
	io.WriteString(nc, requests)
	next <- "first"
	expect(t, nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
	nc.CloseWrite()
	expect(t, nc, "0")
	return s, nc, next
}

const asksTrailers = "GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n"

// RFC 9112 section 7.1: the "0" that is sent ahead is the beginning of whatever follows.
func TestZeroAhead(t *testing.T) {
	long := strings.Repeat("x", copyMax)
	for _, c := range []struct {
		name, ask string
		pieces    []string
		want      string
	}{
		{"a chunk", asks, []string{"next"}, "4\r\nnext\r\n0\r\n\r\n"},
		{"chunks", asks, []string{"next", "more"}, "4\r\nnext\r\n4\r\nmore\r\n0\r\n\r\n"},
		{"a chunk that is not copied", asks, []string{long, "more"}, "4000\r\n" + long + "\r\n4\r\nmore\r\n0\r\n\r\n"},
		{"the last chunk", asks, nil, "0\r\n\r\n"},
		{"trailers", asksTrailers, nil, "0\r\nA: b\r\n\r\n"},
		{"another reply", asks + strings.Replace(asks, "/", "/b", 1), []string{"next"}, "4\r\nnext\r\n0\r\n\r\n" + ok("second")},
		{"nothing: it breaks off", asks, []string{"!"}, "1\r\n"},
		{"a chunk, then it breaks off", asks, []string{"next", "!"}, "4\r\nnext\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, nc, next := half(t, c.ask)
			for _, p := range c.pieces {
				next <- p
			}
			close(next)
			if got, err := io.ReadAll(nc); string(got) != c.want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// Some clients read "0" and the end of the connection as a last chunk. So there is none
// where the reply is cut off behind it.
func TestZeroAheadIsCutOff(t *testing.T) {
	for name, cut := range map[string]func(s *server, next chan string){
		"by a panic":    func(_ *server, next chan string) { next <- "?" },
		"by the engine": func(s *server, next chan string) { go s.Close(); time.AfterFunc(time.Second, func() { close(next) }) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, nc, next := half(t, asks)
			cut(s, next)
			if got, err := io.ReadAll(nc); len(got) != 0 || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %q, %v, want a reset", got, err)
			}
		})
	}
}

// In content that is not chunked nothing can be sent ahead. A FIN right behind the
// request is an end of sending for a while, a later one is the client's end.
func TestClientLeavesInPlainContent(t *testing.T) {
	for version, framing := range map[string]string{"1.0": "Connection: close", "1.1": "Content-Length: 5"} {
		for _, c := range []struct {
			name   string
			leave  func(nc *net.TCPConn) error
			after  time.Duration // of the head
			atMost time.Duration // until the client counts as gone; 0: it gets its answer
		}{
			{"ends its sending at once", (*net.TCPConn).CloseWrite, time.Millisecond, 0},
			{"ends its sending soon", (*net.TCPConn).CloseWrite, 50 * time.Millisecond, 0},
			{"ends its sending later", (*net.TCPConn).CloseWrite, 700 * time.Millisecond, time.Second},
			{"closes later", (*net.TCPConn).Close, 700 * time.Millisecond, time.Second},
			{"closes at once", (*net.TCPConn).Close, time.Millisecond, patientTime + 3*time.Second},
		} {
			t.Run(c.name+", HTTP/"+version, func(t *testing.T) {
				t.Parallel()
				next, gone := make(chan string), make(chan (<-chan struct{}), 1)
				s := start(t, &fake{serve: func(x *message.Exchange) {
					x.Reply.Head, x.Reply.Length = head(200), 5
					if version == "1.0" {
						x.Reply.Length = -1
					}
					left := watchOf(x)
					gone <- left
					x.Reply.Stream = &script{next: next, left: left}
				}}, engine.Config{})
				nc := s.dial()
				io.WriteString(nc, "GET / HTTP/"+version+"\r\nHost: h\r\n\r\n")
				expect(t, nc, "HTTP/1.1 200 OK\r\n"+framing+"\r\n\r\n")
				time.Sleep(c.after)
				began := time.Now()
				c.leave(nc)
				wait := max(c.atMost, 2*time.Second)
				select {
				case <-<-gone:
					if took := time.Since(began); c.atMost == 0 || took > c.atMost || c.atMost > patientTime && took < patientTime {
						t.Errorf("gone after %v", took)
					}
					return
				case <-time.After(wait):
				}
				if c.atMost != 0 {
					t.Fatalf("not gone after %v", wait)
				}
				next <- "hello"
				close(next)
				if got, err := io.ReadAll(nc); string(got) != "hello" || err != nil {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
	}
}
