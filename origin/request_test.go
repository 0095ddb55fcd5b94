package origin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/wire"
)

func fieldsOf(pairs ...string) *wire.Fields {
	f := new(wire.Fields)
	for i := 0; i < len(pairs); i += 2 {
		f.Append([]byte(pairs[i]), []byte(pairs[i+1]))
	}
	return f
}

// RFC 9112 sections 3 and 6, RFC 9110 sections 7.2 and 8.6
func TestRequestHead(t *testing.T) {
	server := &server{host: []byte("127.0.0.1:9000")}
	for _, c := range []struct {
		host string // configured
		r    Request
		want string
	}{
		{"", Request{Method: []byte("GET"), Target: []byte("/a?b")}, "GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n\r\n"},
		{"", Request{Method: []byte("GET"), Target: []byte("/"), Host: []byte("a.test")}, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
		{"b.test", Request{Method: []byte("GET"), Target: []byte("/"), Host: []byte("a.test")}, "GET / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
		{"b.test", Request{Method: []byte("GET"), Target: []byte("/"), Fields: fieldsOf("accept", "*/*", "Accept", "")},
			"GET / HTTP/1.1\r\nHost: b.test\r\naccept: */*\r\nAccept: \r\n\r\n"},
		{"b.test", Request{Method: []byte("POST"), Target: []byte("/")}, "POST / HTTP/1.1\r\nHost: b.test\r\nContent-Length: 0\r\n\r\n"},
		{"b.test", Request{Method: []byte("DELETE"), Target: []byte("/")}, "DELETE / HTTP/1.1\r\nHost: b.test\r\n\r\n"},
		{"b.test", Request{Method: []byte("POST"), Target: []byte("/"), Body: textOf("hello", 5)},
			"POST / HTTP/1.1\r\nHost: b.test\r\nContent-Length: 5\r\n\r\nhello"},
		{"b.test", Request{Method: []byte("GET"), Target: []byte("/"), Body: textOf("", 0)},
			"GET / HTTP/1.1\r\nHost: b.test\r\nContent-Length: 0\r\n\r\n"},
		{"b.test", Request{Method: []byte("POST"), Target: []byte("/"), Body: textOf("hello", -1)},
			"POST / HTTP/1.1\r\nHost: b.test\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"b.test", Request{Method: []byte("GET"), Target: []byte("/"), Upgrade: []byte("websocket")},
			"GET / HTTP/1.1\r\nHost: b.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"},
	} {
		config := configure("127.0.0.1:1")
		config.Host = c.host
		o := start(t, config)
		var b *content
		if c.r.Body != nil {
			b = newContent(c.r.Body, o.clock, &o.memory.uploads)
			if err := o.advance(context.Background(), b); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(appendRequest(nil, &c.r, o.hostOf(&c.r, server), b)); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// RFC 9110 section 7.2
func TestHostField(t *testing.T) {
	for _, c := range []struct{ scheme, host, port, want string }{
		{"http", "app.test", "80", "app.test"},
		{"http", "app.test", "443", "app.test:443"},
		{"https", "app.test", "443", "app.test"},
		{"http", "192.0.2.1", "9000", "192.0.2.1:9000"},
		{"http", "2001:db8::1", "80", "[2001:db8::1]"},
		{"https", "2001:db8::1", "8443", "[2001:db8::1]:8443"},
	} {
		s := conf.Server{Scheme: c.scheme, Host: c.host, Port: c.port}
		if got := string(hostField(&s)); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// What is sent is what net/http reads.
func TestRequestBodies(t *testing.T) {
	for _, c := range []struct {
		size   int
		length bool
	}{
		{0, true}, {5, true}, {inlineBody, true}, {inlineBody + 1, true}, {1 << 20, true}, {0, false}, {5, false}, {1 << 20, false},
	} {
		var got *http.Request
		var read []byte
		config, _ := serve(t, script(forever(func(p *peer) {
			var err error
			if got, err = http.ReadRequest(p.in); err == nil {
				read, err = io.ReadAll(got.Body)
			}
			if err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}, say(hello))))
		o := start(t, config)
		content := strings.Repeat("x", c.size)
		for range 2 {
			b := textOf(content, -1)
			b.trailers = fieldsOf("X-Sum", "1")
			if c.length {
				b.length = int64(c.size)
			}
			r := get()
			r.Method, r.Body = []byte("POST"), b
			if answer, err := fetch(o, r); err != nil || answer != "hello" {
				t.Fatalf("%+v: %q, %v", c, answer, err)
			}
			if string(read) != content || c.length != (got.ContentLength >= 0) {
				t.Errorf("%+v: %d bytes, length %d", c, len(read), got.ContentLength)
			}
			if !c.length && got.Trailer.Get("X-Sum") != "1" {
				t.Errorf("%+v: trailers %v", c, got.Trailer)
			}
		}
		if s := o.Stats().Servers[0]; s.Reuses != 1 {
			t.Errorf("%+v: %+v", c, s)
		}
		o.Close()
	}
}

// RFC 9112 section 9.5: the server may answer while the request is sent. Its
// content is read to the end, that of the request is not, and the connection
// is never used again.
func TestEarlyResponse(t *testing.T) {
	config, seen := serve(t, script(request, say("HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\n"), sleep(20*time.Millisecond), say("large"), rest))
	o := start(t, config)
	for _, b := range []*text{stalled("some", 1<<20), stalled("some", -1)} {
		r := get()
		r.Method, r.Body, r.Idempotent = []byte("POST"), b, false
		x, err := o.Fetch(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		if x.Status != 413 {
			t.Errorf("status %d", x.Status)
		}
		if got, err := readAll(x); got != "large" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		reads := b.reads.Load()
		time.Sleep(5 * time.Millisecond)
		if b.reads.Load() != reads {
			t.Error("the body is read after Close")
		}
	}
	if s := o.Stats().Servers[0]; seen.conns.Load() != 2 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

// Both directions at a time: an echo.
func TestFullDuplex(t *testing.T) {
	config, _ := serve(t, script(request, say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), func(p *peer) {
		r := bufio.NewReader(p.in)
		io.Copy(p.conn, io.LimitReader(r, int64(len("1\r\na\r\n1\r\nb\r\n0\r\n\r\n"))))
	}, forever(request, say(hello))))
	o := start(t, config)
	in, out := io.Pipe()
	b := textOf("", -1)
	b.r = in
	r := get()
	r.Method, r.Body = []byte("POST"), b
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a", "b"} {
		io.WriteString(out, s)
		if got, err := next(x); string(got) != s || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	out.Close()
	if _, err := next(x); err != io.EOF {
		t.Fatal(err)
	}
	x.Close()
	wantFetch(t, o, 1, "hello")
	if s := o.Stats().Servers[0]; s.Reuses != 1 {
		t.Errorf("%+v", s)
	}
}

// A body that fails leaves the server with something that cannot be taken for
// a whole request.
func TestBodyFails(t *testing.T) {
	cut := errors.New("cut off")
	for _, c := range []struct {
		name   string
		length int64
		reader io.Reader
		want   error
	}{
		{"small", 10, strings.NewReader("hello"), io.ErrUnexpectedEOF},
		{"small, error", 10, io.MultiReader(strings.NewReader("hello"), failing{cut}), cut},
		{"long", inlineBody + 5, strings.NewReader("hello"), io.ErrUnexpectedEOF},
		{"long, error", inlineBody + 5, io.MultiReader(strings.NewReader("hello"), failing{cut}), cut},
		{"chunked", -1, io.MultiReader(strings.NewReader("hello"), failing{cut}), cut},
		{"stuck", -1, failing{nil}, errStuck},
	} {
		var whole error
		ended := make(chan struct{})
		config, seen := serve(t, script(func(p *peer) {
			r, err := http.ReadRequest(p.in)
			if err == nil {
				_, err = io.ReadAll(r.Body)
			}
			whole = err
		}, signal(ended)))
		o := start(t, config)
		b := textOf("", c.length)
		b.r = c.reader
		r := get()
		r.Method, r.Body = []byte("POST"), b
		_, err := fetch(o, r)
		wantKind(t, err, RequestError)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if seen.conns.Load() > 0 {
			if <-ended; whole == nil {
				t.Errorf("%s: the server took it for whole", c.name)
			}
		}
		if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 0 {
			t.Errorf("%s: %+v", c.name, s)
		}
		o.Close()
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// RFC 9110 section 7.8
func TestUpgrade(t *testing.T) {
	config, _ := serve(t, script(request,
		say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nwelcome"),
		func(p *peer) { io.Copy(p.conn, p.in) }))
	o := start(t, config)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := get()
	r.Upgrade = []byte("echo")
	x, err := o.Fetch(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	if x.Status != 101 || x.Length != 0 {
		t.Errorf("%d, %d", x.Status, x.Length)
	}
	tunnel := x.Tunnel()
	x.Close()
	if s := o.Stats(); s.Running != 1 {
		t.Errorf("%+v", s)
	}
	io.WriteString(tunnel, " back")
	tunnel.(interface{ CloseWrite() error }).CloseWrite()
	if got, err := io.ReadAll(tunnel); string(got) != "welcome back" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	tunnel.Close()
	tunnel.Close()
	if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 0 {
		t.Errorf("%+v", s)
	}
}

// The context of the fetch ends a tunnel; a 101 that nobody takes out is closed.
func TestUpgradeEnds(t *testing.T) {
	config, _ := serve(t, script(request, say("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"), rest))
	o := start(t, config)
	ctx, cancel := context.WithCancel(context.Background())
	r := get()
	r.Upgrade = []byte("echo")
	x, err := o.Fetch(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	tunnel := x.Tunnel()
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := tunnel.Read(make([]byte, 1)); err == nil {
		t.Error("read something")
	}
	tunnel.Close()
	if x, err = o.Fetch(context.Background(), r); err != nil {
		t.Fatal(err)
	}
	x.Close()
	if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 0 {
		t.Errorf("%+v", s)
	}
	// no tunnel before 101
	config, _ = serve(t, script(forever(request, say(hello))))
	if got, err := fetch(start(t, config), r); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
