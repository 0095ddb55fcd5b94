package http1

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a handler made of functions. It records what became of each
// exchange.
type fake struct {
	try   func(x *message.Exchange) bool // nil: never
	serve func(x *message.Exchange)      // nil: echo

	done   func(x *message.Exchange) // called instead of recording
	silent bool                      // record nothing
	sent   chan<- message.Sent       // gets what Done is told; nil: nothing does

	mu sync.Mutex

	log []string // "GET /path 200 5 true", "refused 400 what", "panic value"
}

func (f *fake) TryServe(x *message.Exchange) bool { return f.try != nil && f.try(x) }

func (f *fake) Serve(x *message.Exchange) {
	if f.serve == nil {
		echo(x)
		return
	}
	f.serve(x)
}

func (f *fake) Done(x *message.Exchange, sent message.Sent) {
	if f.sent != nil {
		f.sent <- sent
	}
	if f.silent {
		return
	}
	if f.done != nil {
		f.done(x)
		return
	}
	f.note("%s %s %d %d %v", x.Request.Verb, x.Request.URL.Target, x.StatusCode(), sent.Bytes, sent.Complete)
}

func (f *fake) Refused(x *message.Exchange, status int, what string) {
	f.note("refused %d %s", status, what)
}

func (f *fake) Panicked(x *message.Exchange, value any, stack []byte) { f.note("panic %v", value) }

func (f *fake) note(format string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf(format, a...))
}

// lines returns what was recorded, once there are n lines of it.
func (f *fake) lines(n int) string {
	for range 200 {
		f.mu.Lock()
		s, have := strings.Join(f.log, "\n"), len(f.log)
		f.mu.Unlock()
		if have >= n {
			return s
		}
		time.Sleep(5 * time.Millisecond)
	}
	return "too few lines"
}

// head makes a response head.
func head(status int, lines ...string) *wire.Head {
	h := new(wire.Head)
	h.Begin(status)
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		h.Add([]byte(name), []byte(value))
	}
	return h
}

// give leaves a plain reply.
func give(x *message.Exchange, status int, body string) {
	x.Reply.Head, x.Reply.Length = head(status), int64(len(body))
	x.Reply.Body = append(x.Reply.Body[:0], []byte(body))
}

// echo answers with the request as the handler sees it.
func echo(x *message.Exchange) {
	r := &x.Request
	text := fmt.Sprintf("%s %s %s", r.Verb, r.URL.Host, r.URL.Target)
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		text += fmt.Sprintf(" %d %q", r.Body.Length(), b)
		if err != nil {
			text += " " + err.Error()
		}
		for _, f := range r.Body.Trailers().List {
			text += fmt.Sprintf(" %s=%s", f.Name, f.Value)
		}
	}
	give(x, 200, text+"\n")
}

// server is an engine behind a listener on the loopback interface.
type server struct {
	*Engine
	t    testing.TB
	addr string
	fake *fake
}

// start starts a server over plain TCP.
func start(t testing.TB, f *fake, c engine.Config) *server {
	t.Helper()
	return startOver(t, f, c, func(nc net.Conn) (net.Conn, error) { return nc, nil })
}

// startOver starts a server whose connections wrap turns into what the engine gets.
func startOver(t testing.TB, f *fake, c engine.Config, wrap func(net.Conn) (net.Conn, error)) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if c.Now == nil {
		c.Now = func() store.Instant { return 784111777 * store.Second } // 06 Nov 1994 08:49:37
	}
	e := New(f, c, f)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				wrapped, err := wrap(nc)
				if err != nil {
					nc.Close()
					return
				}
				e.Serve(engine.NewConn(wrapped), nil)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		e.Close()
		wg.Wait()
	})
	return &server{Engine: e, t: t, addr: l.Addr().String(), fake: f}
}

// dial connects. Everything on the connection must happen within seconds.
func (s *server) dial() *net.TCPConn {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	s.t.Cleanup(func() { nc.Close() })
	return nc.(*net.TCPConn)
}

// talk sends in, closes its side and returns all that comes back.
func (s *server) talk(in string) string {
	s.t.Helper()
	nc := s.dial()
	defer nc.Close()
	go func() {
		io.WriteString(nc, in)
		nc.CloseWrite()
	}()
	out, err := io.ReadAll(nc)
	if err != nil {
		return string(out) + "!" + err.Error()
	}
	return string(out)
}

// expect reads exactly want.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	n, err := io.ReadFull(r, b)
	if string(b[:n]) != want {
		t.Fatalf("got %q, %v\nwant %q", b[:n], err, want)
	}
}

// ok is the reply to a request that give answers with 200.
func ok(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// okClose is the same where the connection ends.
func okClose(body string) string {
	return strings.Replace(ok(body), "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
}
