package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"brink/edge/wire"
)

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

func TestContent(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 10_000)
	for _, c := range []struct{ method, response, want string }{
		// RFC 9112 section 6.3
		{"GET", hello, "hello"},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2\r\n, \r\n0\r\n\r\n", "hello, "},
		{"GET", "HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"},
		{"GET", "HTTP/1.0 200 OK\r\n\r\nto the end", "to the end"},
		{"GET", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok"},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ""},
		{"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", ""},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", ""},
		{"GET", fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(long), long), long},
		{"GET", fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(long), long), long},
		{"GET", "HTTP/1.1 200 OK\r\n\r\n" + long, long},
		// RFC 9110 section 15.2
		{"GET", "HTTP/1.1 100 Continue\r\n\r\n" + hello, "hello"},
		{"GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello, "hello"},
		// a head that leaves no room in the buffer, and one larger than it
		{"GET", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", bufferSize-100) + "\r\nContent-Length: 5\r\n\r\nhello", "hello"},
		{"GET", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead-100) + "\r\nContent-Length: 5\r\n\r\nhello", "hello"},
		{"GET", "HTTP/1.1 103 Early Hints\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n" +
			"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 40_000) + "\r\n\r\n" + long, long},
	} {
		config, _ := serve(t, script(request, say(c.response)))
		o := start(t, config)
		r := get()
		r.Method = []byte(c.method)
		got, err := fetch(o, r)
		if err != nil || got != c.want {
			t.Errorf("%s %.60q: %d bytes, %v; want %d", c.method, c.response, len(got), err, len(c.want))
		}
		if got, err = fetchInto(o, r); err != nil || got != c.want {
			t.Errorf("ReadInto, %s %.60q: %d bytes, %v; want %d", c.method, c.response, len(got), err, len(c.want))
		}
		o.Close()
	}
}

// fetchInto is fetch by way of ReadInto, with room that fits nothing.
func fetchInto(o *Origin, r *Request) (string, error) {
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		return "", err
	}
	defer x.Close()
	var all bytes.Buffer
	room := make([]byte, 777)
	for {
		n, err := x.exchange.readInto(room)
		all.Write(room[:n])
		if err == io.EOF {
			return all.String(), nil
		}
		if err != nil {
			return all.String(), err
		}
	}
}

// RFC 9112 section 8: what is cut off anywhere is never whole.
func TestTruncation(t *testing.T) {
	for _, c := range []struct {
		name, response string
		whole          int // from this length on it is complete
	}{
		{"length", hello, len(hello)},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-T: v\r\n\r\n", 74},
		{"close", "HTTP/1.1 200 OK\r\n\r\nhello", len("HTTP/1.1 200 OK\r\n\r\n")},
		{"interim", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 61},
	} {
		for n := range len(c.response) + 1 {
			config, _ := serve(t, script(request, say(c.response[:n])))
			o := start(t, config)
			_, err := fetch(o, get())
			if (err == nil) != (n >= c.whole) {
				t.Errorf("%s cut to %q: error %v", c.name, c.response[:n], err)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Kind != ResponseIncomplete && n > 0) {
				t.Errorf("%s cut to %q: error %v", c.name, c.response[:n], err)
			}
			if stats := o.Stats(); err != nil && stats.Servers[0].Open != 0 {
				t.Errorf("%s cut to %q: the connection is kept", c.name, c.response[:n])
			}
			o.Close()
		}
	}
}

// The end of a connection that was reset is no end of content.
func TestResetIsNoEnd(t *testing.T) {
	seen := make(chan struct{})
	config, _ := serve(t, script(request, say("HTTP/1.1 200 OK\r\n\r\nhel"), wait(seen), reset))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if data, err := next(x); string(data) != "hel" || err != nil {
		t.Fatal(string(data), err)
	}
	close(seen)
	_, err = next(x)
	if !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	wantKind(t, err, ResponseIncomplete)
	if _, again := next(x); again != err {
		t.Errorf("the error changes to %v", again)
	}
}

func TestNextWithoutWait(t *testing.T) {
	more := make(chan struct{})
	config, _ := serve(t, script(request, say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), wait(more), say("world"), rest))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	first, err := next(x)
	if string(first) != "hello" || err != nil {
		t.Fatal(string(first), err)
	}
	if data, err := x.Next(false); data != nil || err != nil {
		t.Fatal(data, err)
	}
	close(more)
	if data, err := next(x); string(data) != "world" || err != nil {
		t.Fatal(string(data), err)
	}
	if data, err := x.Next(false); data != nil || err != io.EOF {
		t.Fatal(data, err)
	}
	x.Close()
	x.Close()
	if _, err := next(x); !errors.Is(err, ErrIncomplete) {
		t.Fatal(err)
	}
	if s := o.Stats(); s.Servers[0].Idle != 1 || s.Running != 0 {
		t.Fatalf("%+v", s)
	}
}

func TestTrailers(t *testing.T) {
	config, _ := serve(t, script(forever(request, say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"))))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	if x.Trailers() != nil {
		t.Error("trailers before the end")
	}
	if _, err := next(x); err != io.EOF {
		t.Fatal(err)
	}
	f := x.Trailers()
	if f == nil || len(f.List) != 1 || string(f.List[0].Value) != "1" {
		t.Errorf("trailers: %v", f)
	}
	x.Close()
	if x.Trailers() != nil {
		t.Error("trailers after Close")
	}
}

// Lengths as announced, for those who frame it again.
func TestLength(t *testing.T) {
	for _, c := range []struct {
		method, response string
		want             int64
	}{
		{"GET", hello, 5},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5},
		{"HEAD", "HTTP/1.1 200 OK\r\n\r\n", -1},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", 0},
		{"GET", "HTTP/1.1 304 Not Modified\r\n\r\n", -1},
		{"GET", "HTTP/1.1 200 OK\r\n\r\n", -1},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", -1},
	} {
		config, _ := serve(t, script(request, say(c.response)))
		r := get()
		r.Method = []byte(c.method)
		x, err := start(t, config).Fetch(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if x.Length != c.want {
			t.Errorf("%s %q: length %d, want %d", c.method, c.response, x.Length, c.want)
		}
		x.Close()
	}
}

// ATTACKS.md R02, R04.
func TestRefusedResponses(t *testing.T) {
	for _, c := range []struct {
		response string
		want     Kind
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ProtocolError},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", ProtocolError},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", ProtocolError},
		{"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", ProtocolError},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", ProtocolError},
		{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ProtocolError},
		{"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", ProtocolError},
		{"HTTP/1.1 200 OK\r\nX: a\nContent-Length: 5\r\n\r\nhello", ProtocolError},
		{"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n", ProtocolError},
		{"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", ProtocolError},
		{"HTTP/1.1 200 OK\r\nX : a\r\n\r\n", ProtocolError},
		{"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", ProtocolError},
		{"HTTP/1.1 2000 OK\r\n\r\n", ProtocolError},
		{"HTTP/1.1 099 OK\r\n\r\n", ProtocolError},
		{"HTTP/2.0 200 OK\r\n\r\n", ProtocolError},
		{"HTTP/1.2 200 OK\r\n\r\n", ProtocolError},
		{"ICY 200 OK\r\n\r\n", ProtocolError},
		{"garbage", ProtocolError},
		{"\r\nHTTP/1.1 200 OK\r\n\r\n", ProtocolError},
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", UpgradeFailed},
		{strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000) + hello, ProtocolError},
		{strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000) + hello, ProtocolError},
		{"HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 257) + "\r\n", ResponseHeaderSize},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHead) + "\r\n\r\n", ResponseHeaderSize},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10<<20) + "\r\n\r\n", ResponseHeaderSize},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", ResponseTransferCoding},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n", ResponseTransferCoding},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", ResponseTransferCoding},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: y\r\n", 2<<20) + "\r\n", ResponseTransferCoding},
	} {
		config, _ := serve(t, script(request, say(c.response)))
		o := start(t, config)
		_, err := fetch(o, get())
		var e *Error
		if !errors.As(err, &e) || e.Kind != c.want || e.Kind.Status() != 502 || e.Server == "" {
			t.Errorf("%.80q: %v, want %s", c.response, err, c.want)
		}
		s := o.Stats()
		if s.Servers[0].Open != 0 || s.Servers[0].Failures[c.want] != 1 || s.Running != 0 {
			t.Errorf("%.80q: %+v", c.response, s)
		}
		o.Close()
	}
}

// RFC 9110 section 15.2, RFC 8297
func TestInterim(t *testing.T) {
	hint := "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
	config, _ := serve(t, script(request, say("HTTP/1.1 100 Continue\r\n\r\n"+strings.Repeat(hint, maxInterim)+hello), rest))
	o := start(t, config)
	var seen []string
	r := get()
	r.Interim = func(status int, f *wire.Fields) {
		seen = append(seen, fmt.Sprintf("%d %s %s", status, f.List[0].Name, f.List[0].Value))
	}
	if got, err := fetch(o, r); got != "hello" || err != nil {
		t.Fatal(got, err)
	}
	if len(seen) != maxInterim || seen[0] != "103 Link </a.css>" {
		t.Errorf("%q", seen)
	}
}
