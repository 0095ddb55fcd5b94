package http1

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// ignore answers without a look at the content.
func ignore(x *message.Exchange) { give(x, 200, "early\n") }

const get = "GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

// Content that the handler does not read never becomes a request: it is
// drained, or the connection ends (RFC 9112 section 9.3).
func TestUnreadContent(t *testing.T) {
	evil := "GET /evil HTTP/1.1\r\nHost: h\r\nX: y"
	f := &fake{try: func(x *message.Exchange) bool { ignore(x); return true }}
	s := start(t, f, engine.Config{})
	kept := ok("early\n") + okClose("early\n")
	for _, c := range []struct{ name, in, want string }{
		{"short", fmt.Sprintf("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(evil), evil), kept},
		{"drained", fmt.Sprintf("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", drainMax, strings.Repeat("x", drainMax)), kept},
		{"too long", fmt.Sprintf("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", drainMax+1, strings.Repeat("x", drainMax+1)), okClose("early\n")},
		{"chunked", fmt.Sprintf("GET /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(evil), evil), okClose("early\n")},
		{"empty chunked", "GET /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", kept},
		{"malformed", "GET /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", okClose("early\n")},
		{"withheld", "GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", okClose("early\n")},
	} {
		if got := s.talk(c.in + get); got != c.want {
			t.Errorf("%s: got %q\nwant %q", c.name, got, c.want)
		}
	}
	if strings.Contains(f.lines(10), "evil") {
		t.Error("content was taken for a request")
	}
}

// An early answer reaches a client that goes on sending and reads only then.
func TestEarlyAnswerToLargeContent(t *testing.T) {
	const size = 10 << 20
	s := start(t, &fake{serve: ignore}, engine.Config{MaxBody: size})
	for _, n := range []int{size, size + 1} {
		nc := s.dial()
		fmt.Fprintf(nc, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", n)
		if _, err := io.CopyN(nc, zeros{}, int64(n)); err != nil {
			t.Errorf("sending: %v", err)
		}
		got, err := io.ReadAll(nc)
		if want := map[bool]int{false: 200, true: 413}[n > size]; status(string(got)) != want || err != nil {
			t.Errorf("got %q, %v; want %d", got, err, want)
		}
		nc.Close()
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// RFC 9110 section 10.1.1: 100 (Continue) is sent when the content is wanted.
func TestContinue(t *testing.T) {
	read := make(chan struct{})
	s := start(t, &fake{serve: func(x *message.Exchange) {
		<-read
		echo(x)
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n")
	nc.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := nc.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("an answer before the content was wanted")
	}
	nc.SetReadDeadline(time.Now().Add(5 * time.Second))
	close(read)
	expect(t, nc, "HTTP/1.1 100 Continue\r\n\r\n")
	io.WriteString(nc, "abc"+"POST /b HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
	expect(t, nc, ok("POST h /a 3 \"abc\"\n")+okClose("POST h /b 3 \"abc\"\n"))
}

// What the handler learns of content that does not come as announced.
func TestContentAtFault(t *testing.T) {
	f := &fake{serve: func(x *message.Exchange) {
		b, err := io.ReadAll(x.Request.Body)
		var fault interface{ Status() int }
		code := 0
		if errors.As(err, &fault) {
			code = fault.Status()
		}
		again, err2 := x.Request.Body.Read(make([]byte, 1))
		give(x, 200, fmt.Sprintf("%q %d %d %v", b, code, again, err2 == err || err == nil && err2 == io.EOF))
	}}
	s := start(t, f, engine.Config{MaxBody: 8, BodyTimeout: 150 * time.Millisecond})
	chunks := "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct{ in, want string }{
		{chunks + "3\r\nabc\r\n5\r\ndefgh\r\n0\r\n\r\n", ok(`"abcdefgh" 0 0 true`)},
		{chunks + "3\r\nabc\r\n6\r\ndefghi\r\n0\r\n\r\n", okClose(`"abc" 413 0 true`)},
		{chunks + "3\r\nabc\n", okClose(`"abc" 400 0 true`)},
		{chunks + "3\r\nabc\r\n", okClose(`"abc" 400 0 true`)},
		{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabc", okClose(`"abc" 400 0 true`)},
	} {
		if got := s.talk(c.in); got != c.want {
			t.Errorf("%q: got %q\nwant %q", c.in, got, c.want)
		}
	}
	nc := s.dial()
	io.WriteString(nc, chunks+"3\r\nabc")
	if got, err := io.ReadAll(nc); string(got) != okClose(`"abc" 408 0 true`) || err != nil {
		t.Errorf("late: got %q, %v", got, err)
	}
}

// Content cut off at any byte is never taken for whole.
func TestContentCutAnywhere(t *testing.T) {
	for _, content := range []string{"Content-Length: 6\r\n\r\nabcdef", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\nT: u\r\n\r\n"} {
		in := "POST / HTTP/1.1\r\nHost: h\r\n" + content
		s := start(t, new(fake), engine.Config{})
		for i := strings.Index(in, "\r\n\r\n") + 4; i < len(in); i++ {
			if got := s.talk(in[:i]); !strings.Contains(got, "cut off") || !strings.Contains(got, "\r\nConnection: close\r\n") {
				t.Errorf("%q: got %q", in[:i], got)
			}
		}
		if got := s.talk(in); strings.Contains(got, "cut off") {
			t.Errorf("%q: got %q", in, got)
		}
	}
}

// A trickle is too slow once the grace is spent, although it never pauses.
func TestContentTooSlow(t *testing.T) {
	s := start(t, new(fake), engine.Config{BodyTimeout: 200 * time.Millisecond, BodyGrace: 100 * time.Millisecond, MinRate: 1000})
	nc := s.dial()
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
	begin := time.Now()
	go func() {
		for {
			if _, err := io.WriteString(nc, "x"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	got, err := io.ReadAll(nc)
	if d := time.Since(begin); !strings.Contains(string(got), "in time") || err != nil || d > time.Second {
		t.Errorf("got %q, %v after %v", got, err, d)
	}
}

// Time in which nobody reads is not the client's.
func TestContentMayWait(t *testing.T) {
	s := start(t, &fake{serve: func(x *message.Exchange) {
		b := make([]byte, 1)
		for range 5 {
			time.Sleep(60 * time.Millisecond)
			x.Request.Body.Read(b)
		}
		echo(x)
	}}, engine.Config{BodyTimeout: 50 * time.Millisecond, BodyGrace: 50 * time.Millisecond, MinRate: 1000000, IdleTimeout: 50 * time.Millisecond})
	got := s.talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nabcdefgh")
	if got != ok("POST h / 8 \"fgh\"\n") {
		t.Errorf("got %q", got)
	}
}

// Stop ends a Read that waits, from another goroutine, and the connection.
func TestStop(t *testing.T) {
	failed := make(chan error, 2)
	s := start(t, &fake{serve: func(x *message.Exchange) {
		body := x.Request.Body
		go func() {
			b := make([]byte, 10)
			body.Read(b)
			_, err := body.Read(b)
			failed <- err
			_, err = body.Read(b)
			failed <- err
		}()
		time.Sleep(50 * time.Millisecond)
		body.Stop()
		give(x, 200, "")
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nabc")
	if got, err := io.ReadAll(nc); string(got) != okClose("") || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for range 2 {
		if err := <-failed; err != errStopped {
			t.Errorf("error %v", err)
		}
	}
}

// Whoever still reads when the exchange ends is stopped, and cannot read what
// follows.
func TestReaderIsLeftBehind(t *testing.T) {
	failed := make(chan error, 2)
	var body message.Body
	s := start(t, &fake{serve: func(x *message.Exchange) {
		if x.Request.Body == nil {
			give(x, 200, "")
			return
		}
		body = x.Request.Body
		go func() {
			for {
				if _, err := body.Read(make([]byte, 10)); err != nil {
					failed <- err
					return
				}
			}
		}()
		time.Sleep(20 * time.Millisecond)
		give(x, 200, "")
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nabc")
	got, err := io.ReadAll(nc)
	if status(string(got)) != 200 || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := <-failed; err != errStopped {
		t.Errorf("error %v", err)
	}
	if n, err := body.Read(make([]byte, 10)); n != 0 || err != errStopped {
		t.Errorf("later: %d, %v", n, err)
	}
}

// Content that was read to its last byte costs no connection, even if whoever
// read it has not noticed yet that it is over: the reply said keep-alive.
func TestReaderIsStoppedBehindTheEnd(t *testing.T) {
	s := start(t, &fake{serve: func(x *message.Exchange) {
		body := x.Request.Body
		if body == nil {
			give(x, 200, "")
			return
		}
		if _, err := io.ReadFull(body, make([]byte, 3)); err != nil {
			t.Error(err)
		}
		x.Reply.Head, x.Reply.Length = head(200), -1
		x.Reply.Stream = &stopAtEnd{body}
	}}, engine.Config{})
	post := "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
	if got := s.talk(post + post + get); strings.Count(got, "200") != 3 {
		t.Errorf("got %q", got)
	}
}

// stopAtEnd is an empty reply that ends the reading of the request.
type stopAtEnd struct{ body message.Body }

func (s *stopAtEnd) Next(bool) ([]byte, error) {
	s.body.Stop()
	return nil, io.EOF
}
func (*stopAtEnd) Notify(func())          {}
func (*stopAtEnd) Trailers() *wire.Fields { return nil }
func (*stopAtEnd) Close()                 {}

// Both directions at once: content is read while the reply is sent.
func TestFullDuplex(t *testing.T) {
	s := start(t, &fake{serve: func(x *message.Exchange) {
		x.Reply.Head, x.Reply.Length = head(200), -1
		x.Reply.Stream = &bodyStream{body: x.Request.Body}
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
	// Whether the content comes to a good end is not known by now.
	expect(t, nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
	for range 3 {
		io.WriteString(nc, "2\r\nab\r\n")
		expect(t, nc, "2\r\nab\r\n")
	}
	io.WriteString(nc, "0\r\n\r\n"+get)
	expect(t, nc, "0\r\n\r\n")
}

// ReadWithin gives up on a client that is quiet, and reading goes on afterwards.
func TestReadWithin(t *testing.T) {
	quiet := make(chan struct{})
	f := &fake{serve: func(x *message.Exchange) {
		b, p := x.Request.Body, make([]byte, 100)
		n, err := b.ReadWithin(p, 50*time.Millisecond)
		m, late := b.ReadWithin(p[n:], 50*time.Millisecond)
		close(quiet)
		k, last := io.ReadFull(b, p[n:10])
		give(x, 200, fmt.Sprintf("%s %v %d %t %d %v", p[:10], err, m, errors.Is(late, os.ErrDeadlineExceeded), k, last))
	}}
	s := start(t, f, engine.Config{})
	nc := s.dial()
	defer nc.Close()
	io.WriteString(nc, "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhello")
	<-quiet
	io.WriteString(nc, "world")
	got, _ := io.ReadAll(nc)
	if want := "helloworld <nil> 0 true 5 <nil>"; !strings.HasSuffix(string(got), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
