package http1

import (
	"bytes"
	"errors"
	"fmt"
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

// pieces is a stream of given pieces; an empty one has the reader wait. After
// the last it ends with err, or cleanly if that is nil.
type pieces struct {
	list     []string
	err      error
	trailers *wire.Fields
	closed   bool
}

func (p *pieces) Next(wait bool) ([]byte, error) {
	if len(p.list) == 0 {
		if p.err != nil {
			return nil, p.err
		}
		return nil, io.EOF
	}
	b := p.list[0]
	if b == "" && !wait {
		return nil, nil
	}
	p.list = p.list[1:]
	if b == "" {
		return p.Next(wait)
	}
	return []byte(b), nil
}

func (*pieces) Notify(func())            {}
func (p *pieces) Trailers() *wire.Fields { return p.trailers }
func (p *pieces) Close()                 { p.closed = true }

// bodyStream sends back a request's content.
type bodyStream struct {
	body message.Body
	buf  [100]byte
}

func (s *bodyStream) Next(wait bool) ([]byte, error) {
	if !wait {
		return nil, nil
	}
	n, err := s.body.Read(s.buf[:])
	return s.buf[:n], err
}

func (*bodyStream) Notify(func())          {}
func (*bodyStream) Trailers() *wire.Fields { return nil }
func (*bodyStream) Close()                 {}

func fields(pairs ...string) *wire.Fields {
	f := new(wire.Fields)
	for i := 0; i < len(pairs); i += 2 {
		f.Append([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	return f
}

func TestReplies(t *testing.T) {
	const line = " / HTTP/1.1\r\nHost: h\r\n"
	body := func(b ...string) (out [][]byte) {
		for _, s := range b {
			out = append(out, []byte(s))
		}
		return out
	}
	for _, c := range []struct {
		name, in string
		reply    message.Reply
		want     string
	}{
		// RFC 9112 section 6.3: how the content ends.
		{"plain", "GET" + line, message.Reply{Head: head(200, "A: b"), Length: 3, Body: body("a", "bc")}, "200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc"},
		{"Age", "GET" + line, message.Reply{Head: head(200, "A: b"), Age: 3, HasAge: true, Length: 0}, "200 OK\r\nA: b\r\nAge: 3\r\nContent-Length: 0\r\n\r\n"},
		{"length is found", "GET" + line, message.Reply{Head: head(200), Length: -1, Body: body("abc")}, "200 OK\r\nContent-Length: 3\r\n\r\nabc"},
		{"close", "GET" + line, message.Reply{Head: head(200), Length: 0, Close: true}, "200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"},
		{"HEAD", "HEAD" + line, message.Reply{Head: head(200), Length: 3, Body: body("abc")}, "200 OK\r\nContent-Length: 3\r\n\r\n"},
		{"HEAD unknown", "HEAD" + line, message.Reply{Head: head(200), Length: -1, Stream: &pieces{}}, "200 OK\r\n\r\n"},
		{"204", "GET" + line, message.Reply{Head: head(204), Length: 0}, "204 No Content\r\n\r\n"},
		{"304", "GET" + line, message.Reply{Head: head(304), Length: -1}, "304 Not Modified\r\n\r\n"},
		{"304 length", "GET" + line, message.Reply{Head: head(304), Length: 9, Body: body("abc")}, "304 Not Modified\r\nContent-Length: 9\r\n\r\n"},
		{"stream", "GET" + line, message.Reply{Head: head(200), Length: 6, Stream: &pieces{list: []string{"ab", "", "cdef"}}}, "200 OK\r\nContent-Length: 6\r\n\r\nabcdef"},
		{"body and stream", "GET" + line, message.Reply{Head: head(200), Length: 4, Body: body("ab"), Stream: &pieces{list: []string{"", "cd"}}}, "200 OK\r\nContent-Length: 4\r\n\r\nabcd"},
		{"chunked", "GET" + line, message.Reply{Head: head(200), Length: -1, Body: body("ab"), Stream: &pieces{list: []string{"cde", "", "f"}}},
			"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n1\r\nf\r\n0\r\n\r\n"},
		{"empty chunked", "GET" + line, message.Reply{Head: head(200), Length: -1, Stream: &pieces{}}, "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		// RFC 9112 section 7.1.2, RFC 9110 section 6.5.1: trailers for those who take them.
		{"trailers", "GET" + line + "TE: gzip;q=1, trailers\r\n", message.Reply{Head: head(200), Length: -1, Stream: &pieces{trailers: fields("T", "u")}},
			"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: u\r\n\r\n"},
		{"no trailers", "GET" + line, message.Reply{Head: head(200), Length: -1, Stream: &pieces{trailers: fields("T", "u")}},
			"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		// HTTP/1.0 has no chunks: the end of the connection ends the content.
		{"1.0 stream", "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n", message.Reply{Head: head(200), Length: -1, Stream: &pieces{list: []string{"ab", "", "c"}}},
			"200 OK\r\nConnection: close\r\n\r\nabc"},
		{"1.0 length", "GET / HTTP/1.0\r\nHost: h\r\n", message.Reply{Head: head(200), Length: 2, Stream: &pieces{list: []string{"ab"}}},
			"200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab"},
		// No answer at all.
		{"none", "GET" + line, message.Reply{}, ""},
	} {
		f := &fake{serve: func(x *message.Exchange) {
			x.Reply = c.reply
			if p, ok := c.reply.Stream.(*pieces); ok {
				fresh := *p
				x.Reply.Stream = &fresh
			}
		}}
		want := c.want
		if want != "" {
			want = "HTTP/1.1 " + want
		}
		if got := start(t, f, engine.Config{}).talk(c.in + "\r\n"); got != want {
			t.Errorf("%s: got %q\nwant %q", c.name, got, want)
		}
		if got := pipeTalk(t, f, strings.Replace(c.in, "Host:", "Connection: close\r\nHost:", 1)+"\r\n", 1000); strings.Replace(got, "Connection: close\r\n", "", 1) != strings.Replace(want, "Connection: close\r\n", "", 1) {
			t.Errorf("%s over a pipe: got %q\nwant %q", c.name, got, want)
		}
	}
}

// A reply that breaks off is never taken for whole: the client sees by the length
// or by the last chunk what is missing, and where there is neither, gets a reset.
func TestBrokenReplies(t *testing.T) {
	fault := errors.New("origin failed")
	for _, c := range []struct {
		name   string
		line   string
		length int64
		stream *pieces
		want   string // at most
		sent   int    // bytes of content
		ending error
	}{
		{"chunked", "HTTP/1.1", -1, &pieces{list: []string{"abc", ""}, err: fault}, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 3, nil},
		{"known", "HTTP/1.1", 9, &pieces{list: []string{"abc"}, err: fault}, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 3, nil},
		{"short", "HTTP/1.1", 9, &pieces{list: []string{"abc"}}, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 3, nil},
		{"long", "HTTP/1.1", 2, &pieces{list: []string{"abc"}}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", 0, nil},
		{"to the end", "HTTP/1.0", -1, &pieces{list: []string{"abc"}, err: fault}, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc", 3, syscall.ECONNRESET},
	} {
		f := &fake{serve: func(x *message.Exchange) {
			x.Reply.Head, x.Reply.Length, x.Reply.Stream = head(200), c.length, c.stream
		}}
		nc := start(t, f, engine.Config{}).dial()
		io.WriteString(nc, "GET / "+c.line+"\r\nHost: h\r\n\r\n")
		got, err := io.ReadAll(nc)
		if !strings.HasPrefix(c.want, string(got)) || !errors.Is(err, c.ending) {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
		if got, want := f.lines(1), fmt.Sprintf("GET / 200 %d false", c.sent); got != want {
			t.Errorf("%s: recorded %q, want %q", c.name, got, want)
		}
	}
}

// Replies that contradict themselves are a fault of the node's, not bytes on
// the connection.
func TestImpossibleReplies(t *testing.T) {
	for _, r := range []message.Reply{
		{Head: head(200), Length: 5, Body: [][]byte{[]byte("abc")}},
		{Head: head(200), Length: 1, Body: [][]byte{[]byte("abc")}, Stream: new(pieces)},
		{Head: head(101), Length: -1},
	} {
		f := &fake{try: func(x *message.Exchange) bool { x.Reply = r; return true }}
		got := start(t, f, engine.Config{}).talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n" + get)
		if status(got) != 500 || strings.Count(got, "HTTP/1.1 ") != 1 {
			t.Errorf("got %q", got)
		}
		if got := f.lines(2); !strings.HasPrefix(got, "panic BUG: ") || !strings.HasSuffix(got, " true") || strings.Count(got, "\n") != 1 {
			t.Errorf("recorded %q", got)
		}
	}
}

// large is content that does not fit any socket.
var large = bytes.Repeat([]byte("0123456789abcdef"), 6<<16)

func largeReply(x *message.Exchange) {
	x.Reply.Head, x.Reply.Length = head(200), int64(len(large))
	for b := large; len(b) > 0; b = b[min(len(b), 256<<10):] {
		x.Reply.Body = append(x.Reply.Body, b[:min(len(b), 256<<10)])
	}
}

// Large content arrives whole where the client reads in bits, and costs no
// copy.
func TestLargeReply(t *testing.T) {
	stream := func(length int64) func(*message.Exchange) {
		return func(x *message.Exchange) {
			p := new(pieces)
			for b := large; len(b) > 0; b = b[min(len(b), 100000):] {
				p.list = append(p.list, string(b[:min(len(b), 100000)]), "")
			}
			x.Reply.Head, x.Reply.Length, x.Reply.Stream = head(200), length, p
		}
	}
	for name, f := range map[string]*fake{
		"hit":    {try: func(x *message.Exchange) bool { largeReply(x); return true }},
		"body":   {serve: largeReply},
		"stream": {serve: stream(int64(len(large)))},
	} {
		want := ok(string(large)) + ok(string(large))
		if got := start(t, f, engine.Config{}).talk("GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"); got != want {
			t.Errorf("%s: got %d bytes, want %d", name, len(got), len(want))
		}
		if got := pipeTalk(t, f, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 1000); got != okClose(string(large)) {
			t.Errorf("%s over a pipe: got %d bytes", name, len(got))
		}
	}
	got := start(t, &fake{serve: stream(-1)}, engine.Config{}).talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	if !strings.HasSuffix(got, "\r\n0\r\n\r\n") || len(got) < len(large) {
		t.Errorf("chunked: got %d bytes", len(got))
	}
}

// slowly reads step bytes at a time with pauses, until all is there or an
// error.
func slowly(nc net.Conn, step int, pause time.Duration) (total int, err error) {
	b := make([]byte, step)
	for {
		n, err := nc.Read(b)
		total += n
		if err != nil {
			return total, err
		}
		time.Sleep(pause)
	}
}

// A client that takes nothing is cut off; one that keeps taking something is
// not, although the whole takes much longer than the limit.
func TestSlowReaders(t *testing.T) {
	config := engine.Config{BodyTimeout: 200 * time.Millisecond, BodyGrace: 400 * time.Millisecond, MinRate: 1 << 20}
	f := &fake{try: func(x *message.Exchange) bool { largeReply(x); return true }}
	s := start(t, f, config)
	nc := s.dial()
	nc.SetReadBuffer(64 << 10)
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	if got := f.lines(1); !strings.HasSuffix(got, " false") {
		t.Errorf("no reading: recorded %q", got)
	}
	nc = s.dial()
	nc.SetReadBuffer(64 << 10)
	begin := time.Now()
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	if n, err := slowly(nc, 256<<10, 20*time.Millisecond); n < len(large) || err != io.EOF {
		t.Errorf("slow: got %d bytes, %v after %v", n, err, time.Since(begin))
	}
	nc = s.dial()
	nc.SetReadBuffer(64 << 10)
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	if n, err := slowly(nc, 1000, 20*time.Millisecond); err == nil || n >= len(large) {
		t.Errorf("too slow: got %d bytes, %v", n, err)
	}
	if got := f.lines(3); strings.Count(got, "false") != 2 {
		t.Errorf("recorded %q", got)
	}
}

func TestClientLeavesDuringReply(t *testing.T) {
	f := &fake{serve: largeReply}
	nc := start(t, f, engine.Config{}).dial()
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, nc, "HTTP/1.1 200 OK\r\n")
	nc.Close()
	if got := f.lines(1); !strings.HasSuffix(got, " false") {
		t.Errorf("recorded %q", got)
	}
}
