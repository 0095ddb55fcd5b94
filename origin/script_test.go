package origin

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/wire"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// step is one thing that a scripted server does on a connection.
type step func(p *peer)

// peer is the server's end of a connection.
type peer struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	seen *record
}

// record is what a scripted server saw.
type record struct {
	conns atomic.Int32

	mu    sync.Mutex
	heads []string
}

func (r *record) head(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heads = append(r.heads, s)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.heads...)
}

// request reads one request head.
func request(p *peer) {
	var head strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			return // the client is gone: the next step notices
		}
		if line == "\r\n" {
			p.seen.head(head.String())
			return
		}
	}
}

// say writes s.
func say(s string) step { return func(p *peer) { io.WriteString(p.conn, s) } }

// body reads n bytes of content.
func body(n int64) step { return func(p *peer) { io.CopyN(io.Discard, p.in, n) } }

// rest waits for the client to close.
func rest(p *peer) { io.Copy(io.Discard, p.in) }

// sleep waits.
func sleep(d time.Duration) step { return func(*peer) { time.Sleep(d) } }

// reset ends the connection with RST.
func reset(p *peer) {
	if c, ok := p.conn.(*net.TCPConn); ok {
		c.SetLinger(0)
	}
	p.conn.Close()
}

// wait waits for ch to be closed.
func wait(ch <-chan struct{}) step { return func(*peer) { <-ch } }

// signal closes ch.
func signal(ch chan struct{}) step { return func(*peer) { close(ch) } }

// forever repeats steps until the client closes.
func forever(steps ...step) step {
	return func(p *peer) {
		for {
			if _, err := p.in.Peek(1); err != nil {
				return
			}
			for _, s := range steps {
				s(p)
			}
		}
	}
}

// serve runs a scripted server: the script of the first connection, of the
// second and so on, and the last for all others. A connection is closed at the
// end of its script.
func serve(t testing.TB, scripts ...[]step) (*conf.Origin, *record) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, l, scripts...)
}

func serveOn(t testing.TB, l net.Listener, scripts ...[]step) (*conf.Origin, *record) {
	seen := new(record)
	acceptAll(t, l, func(n int, c net.Conn) {
		seen.conns.Add(1)
		defer c.Close()
		if h, ok := c.(*tls.Conn); ok && h.Handshake() != nil {
			return
		}
		p := &peer{t, c, bufio.NewReader(c), seen}
		for _, s := range scripts[min(n, len(scripts)-1)] {
			s(p)
		}
	})
	return configure(l.Addr().String()), seen
}

// acceptAll calls serve with each connection to l, in a goroutine of its own, and with
// how many came before. At the end of the test it closes them all and waits for serve.
func acceptAll(t testing.TB, l net.Listener, serve func(n int, c net.Conn)) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	running.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			running.Go(func() { serve(n, c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
}

func script(s ...step) []step { return s }

// configure returns an origin of servers at addresses, with times that suit
// tests.
func configure(addresses ...string) *conf.Origin {
	c := &conf.Origin{
		Name: "test", ConnectTimeout: 2 * time.Second, TLSTimeout: 2 * time.Second, HeadTimeout: 2 * time.Second,
		BodyTimeout: 2 * time.Second, SendTimeout: 2 * time.Second, IdleTimeout: 10 * time.Second, KeepAlive: 16,
		MaxConnections: 64, Queue: 64, QueueTimeout: 2 * time.Second, Resolve: time.Hour, Retries: 2,
	}
	for _, a := range addresses {
		host, port, err := net.SplitHostPort(a)
		if err != nil {
			panic(err)
		}
		c.Servers = append(c.Servers, conf.Server{URL: "http://" + a, Scheme: "http", Host: host, Port: port, Weight: 1})
	}
	return c
}

// start makes an Origin that ends with the test.
func start(t testing.TB, c *conf.Origin) *Origin {
	o, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func get() *Request {
	return &Request{Method: []byte("GET"), Target: []byte("/"), Host: []byte("a.test"), Idempotent: true}
}

// content reads all of a response and closes it.
func readAll(x *Response) (string, error) {
	defer x.Close()
	var b strings.Builder
	for {
		data, err := next(x)
		b.Write(data)
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return b.String(), err
		}
	}
}

// fetch is a whole exchange: its content, or why there is none.
func fetch(o *Origin, r *Request) (string, error) {
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		return "", err
	}
	return readAll(x)
}

// wantKind checks what err is.
func wantKind(t testing.TB, err error, want Kind) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want %s", err, want)
	}
	if e.Kind != want {
		t.Fatalf("kind is %s, want %s: %v", e.Kind, want, err)
	}
}

// wantFetch checks the content of n fetches.
func wantFetch(t testing.TB, o *Origin, n int, want string) {
	t.Helper()
	for i := range n {
		got, err := fetch(o, get())
		if err != nil || got != want {
			t.Fatalf("fetch %d: %q, %v; want %q", i, got, err, want)
		}
	}
}

// text is a Body of known or unknown length.
type text struct {
	r        io.Reader
	length   int64
	trailers *wire.Fields
	stopped  chan struct{}
	once     sync.Once
	reads    atomic.Int32
}

func textOf(s string, length int64) *text {
	return &text{r: strings.NewReader(s), length: length, stopped: make(chan struct{})}
}

var errStopped = errors.New("stopped")

func (b *text) Read(p []byte) (int, error) {
	b.reads.Add(1)
	select {
	case <-b.stopped:
		return 0, errStopped
	default:
		return b.r.Read(p)
	}
}

func (b *text) ReadWithin(p []byte, limit time.Duration) (int, error) {
	if w, ok := b.r.(interface {
		ReadWithin([]byte, time.Duration) (int, error)
	}); ok {
		return w.ReadWithin(p, limit)
	}
	return b.Read(p)
}

func (b *text) Length() int64          { return b.length }
func (b *text) Trailers() *wire.Fields { return b.trailers }
func (b *text) Stop()                  { b.once.Do(func() { close(b.stopped) }) }

// hanging is a reader that gives head and then waits until its body is
// stopped.
type hanging struct {
	body *text
	head io.Reader
}

func (h *hanging) Read(p []byte) (int, error) {
	if n, err := h.head.Read(p); n > 0 || err != io.EOF {
		return n, err
	}
	<-h.body.stopped
	return 0, errStopped
}

// stalled is a body that never ends by itself.
func stalled(head string, length int64) *text {
	b := textOf("", length)
	b.r = &hanging{b, strings.NewReader(head)}
	return b
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
