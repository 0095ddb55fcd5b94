package http1

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// RFC 9112 section 9.3: what keeps a connection, what ends it.
func TestPersistence(t *testing.T) {
	const again = "GET /again HTTP/1.1\r\nHost: h\r\n\r\n"
	s := start(t, new(fake), engine.Config{})
	for _, c := range []struct{ in, want string }{
		{"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", ok("GET h /a\n") + ok("GET h /again\n")},
		{"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", okClose("GET h /a\n")},
		{"GET /a HTTP/1.0\r\nHost: h\r\n\r\n", okClose("GET h /a\n")},
		{"GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: keep-alive\r\n\r\nGET h /a\n" + ok("GET h /again\n")},
		{"GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", okClose("GET h /a\n")},
		{"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + ok("GET h /again\n")},
		{"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ok("OPTIONS h *\n") + ok("GET h /again\n")},
		{"GET http://H:80/a HTTP/1.1\r\nHost: x\r\n\r\n", ok("GET h /a\n") + ok("GET h /again\n")},
		{"TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", ok("TRACE h /a\n") + ok("GET h /again\n")},
		// RFC 9112 section 2.2: one empty line before a request.
		{"\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n\r\n", ok("GET h /a\n") + ok("GET h /again\n")},
		{"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc\r\n", ok("POST h /a 3 \"abc\"\n") + ok("GET h /again\n")},
		{"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", ok("POST h /a\n") + ok("GET h /again\n")},
		{"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n",
			ok("POST h /a -1 \"abcde\" T=u\n") + ok("GET h /again\n")},
	} {
		if got := s.talk(c.in + again); got != c.want {
			t.Errorf("%q\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

// The same bytes give the same answers, however they are cut in pieces.
func TestSplitAnywhere(t *testing.T) {
	const in = "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: u\r\n\r\n" +
		"POST /c HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	want := ok("GET h /a\n") + ok("POST h /b -1 \"abc\" T=u\n") + ok("POST h /c 3 \"abc\"\n") + okClose("GET h /d\n")
	s := start(t, new(fake), engine.Config{})
	for i := 1; i < len(in); i++ {
		nc := s.dial()
		io.WriteString(nc, in[:i])
		runtime.Gosched()
		if i%4 == 0 {
			time.Sleep(time.Millisecond)
		}
		io.WriteString(nc, in[i:])
		if got, _ := io.ReadAll(nc); string(got) != want {
			t.Fatalf("split at %d\n got %q\nwant %q", i, got, want)
		}
		nc.Close()
	}
	for _, step := range []int{1, 7} {
		if got := pipeTalk(t, new(fake), in, step); got != want {
			t.Errorf("over a pipe in pieces of %d\n got %q\nwant %q", step, got, want)
		}
	}
}

// pipeTalk talks to an engine over a connection that is no socket.
func pipeTalk(t *testing.T, f *fake, in string, step int) string {
	t.Helper()
	e := New(f, engine.Config{}, f)
	defer e.Close()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Serve(engine.NewConn(far), nil)
	}()
	go func() {
		for b := in; b != ""; b = b[min(step, len(b)):] {
			if _, err := io.WriteString(near, b[:min(step, len(b))]); err != nil {
				return
			}
		}
	}()
	got, _ := io.ReadAll(near)
	<-done
	return string(got)
}

// counted is a connection that is never short of input and counts the writes.
type counted struct {
	net.Conn
	in     string
	out    strings.Builder
	writes int
}

func (c *counted) Read(p []byte) (int, error) {
	if c.in == "" {
		return 0, io.EOF
	}
	n := copy(p, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *counted) Write(p []byte) (int, error) {
	c.writes++
	return c.out.Write(p)
}

func (c *counted) RemoteAddr() net.Addr             { return nil }
func (c *counted) SetReadDeadline(time.Time) error  { return nil }
func (c *counted) SetWriteDeadline(time.Time) error { return nil }
func (c *counted) Close() error                     { return nil }

func TestPipelinedRepliesShareAWrite(t *testing.T) {
	f := constant(10)
	e := New(f, engine.Config{}, f)
	defer e.Close()
	c := &counted{in: strings.Repeat("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 20)}
	e.Serve(engine.NewConn(c), nil)
	if got := strings.Count(c.out.String(), "HTTP/1.1 200 OK\r\n"); got != 20 || c.writes != 1 {
		t.Errorf("%d replies in %d writes, want 20 in 1", got, c.writes)
	}
	if got := strings.Count(f.lines(20), "GET / 200 10 true"); got != 20 {
		t.Errorf("%d exchanges done", got)
	}
}

// broken is a connection that takes nothing.
type broken struct{ counted }

func (*broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// A request with content that was not served any more, since the replies before
// it could not be sent, leaves nothing to the connection that gets its memory.
func TestNothingIsLeftToTheNextConnection(t *testing.T) {
	f := constant(10)
	e := New(f, engine.Config{}, f)
	defer e.Close()
	one := "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	for range 100 {
		e.Serve(engine.NewConn(&broken{counted{in: one + "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60\r\n\r\n"}}), nil)
		c := &counted{in: strings.Repeat(one, 5)}
		e.Serve(engine.NewConn(c), nil)
		if got := strings.Count(c.out.String(), "HTTP/1.1 200 OK\r\n"); got != 5 {
			t.Fatalf("%d replies to 5 requests", got)
		}
	}
}

// mute takes all that is written.
type mute struct{ counted }

func (*mute) Write(p []byte) (int, error) { return len(p), nil }

// A hit allocates nothing, from the bytes of the request to those of the
// reply.
func TestNoAllocs(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes pools forget")
	}
	for _, size := range []int{0, 1 << 10, 100 << 10} {
		f := constant(size)
		f.silent = true
		c := newConn(New(f, engine.Config{}, nil), engine.NewConn(new(mute)), nil)
		allocs := testing.AllocsPerRun(1000, func() {
			s := c.acquireSession()
			if v := s.received(copy(s.room(), browser)); v != needInput {
				t.Fatalf("outcome %d", v)
			}
			c.suspend()
		})
		if allocs != 0 {
			t.Errorf("%v allocations an exchange of %d bytes", allocs, size)
		}
	}
}

func TestNoAllocsOnSockets(t *testing.T) {
	if underRace {
		t.Skip("the race detector makes pools forget")
	}
	for _, size := range []int{1 << 10, 1 << 20} {
		f := constant(size)
		f.silent = true
		nc := start(t, f, engine.Config{}).dial()
		request, reply := []byte(browser), make([]byte, size+1024)
		nc.Write(request)
		n, _ := io.ReadAtLeast(nc, reply, size+100)
		allocs := testing.AllocsPerRun(200, func() {
			nc.Write(request)
			io.ReadFull(nc, reply[:n])
		})
		if allocs != 0 {
			t.Errorf("%v allocations an exchange of %d bytes", allocs, size)
		}
	}
}

func TestManyConnections(t *testing.T) {
	f := constant(100)
	s := start(t, f, engine.Config{})
	done := make(chan string)
	for range 50 {
		go func() {
			nc, err := net.Dial("tcp", s.addr)
			if err != nil {
				done <- err.Error()
				return
			}
			defer nc.Close()
			for range 40 {
				io.WriteString(nc, browser)
				b := make([]byte, 2048)
				n, err := nc.Read(b)
				if err != nil || !strings.HasSuffix(string(b[:n]), strings.Repeat("x", 100)) {
					done <- string(b[:n])
					return
				}
			}
			done <- ""
		}()
	}
	for range 50 {
		if got := <-done; got != "" {
			t.Errorf("got %q", got)
		}
	}
	f.lines(50 * 40)
}

// h2c is not offered; other protocols are the handler's to decide.
func TestUpgradeOffered(t *testing.T) {
	f := &fake{serve: func(x *message.Exchange) { give(x, 200, string(x.Request.Upgrade)) }}
	s := start(t, f, engine.Config{})
	for _, c := range []struct{ fields, want string }{
		{"Connection: upgrade\r\nUpgrade: websocket\r\n", "websocket"},
		{"Upgrade: websocket\r\n", ""},
		{"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", ""},
		{"Connection: upgrade\r\nUpgrade: websocket, H2C\r\n", ""},
	} {
		if got := s.talk("GET / HTTP/1.1\r\nHost: h\r\n" + c.fields + "\r\n"); got != ok(c.want) {
			t.Errorf("%q: got %q", c.fields, got)
		}
	}
}
