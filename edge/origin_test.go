package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fakeOrigin is a server on loopback that answers by a function.
type fakeOrigin struct {
	l       net.Listener
	answer  func(*ask)
	serving sync.WaitGroup
	end     chan struct{}

	mu    sync.Mutex
	seen  []*ask
	conns []net.Conn
}

// ask is a request as the origin got it.
type ask struct {
	method, target string
	fields         textproto.MIMEHeader
	body           string
	n              int // 1 for the first that the origin got

	conn   net.Conn
	closed bool // the connection is not to be used again
	end    <-chan struct{}
}

// wait waits until ch is closed, or the test ends.
func (a *ask) wait(ch <-chan struct{}) {
	select {
	case <-ch:
	case <-a.end:
	}
}

// field returns the only value of a field, or "".
func (a *ask) field(name string) string { return a.fields.Get(name) }

// say writes s as it is.
func (a *ask) say(s string) { _, _ = io.WriteString(a.conn, s) }

// answerPrivate answers with a whole response.
func (a *ask) give(status int, body string, fields ...string) {
	a.begin(status, len(body), fields...)
	if a.method != "HEAD" {
		a.say(body)
	}
}

// begin answers with the head of a response of n bytes, -1 for one that is
// chunked.
func (a *ask) begin(status, n int, fields ...string) {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d X\r\n", status)
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	switch {
	case n < 0:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case status != 304 && status != 204:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", n)
	}
	a.say(b.String() + "\r\n")
}

// hangUp ends the connection.
func (a *ask) hangUp() {
	a.closed = true
	_ = a.conn.Close()
}

func newFakeOrigin(t testing.TB, answer func(*ask)) *fakeOrigin {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &fakeOrigin{l: l, answer: answer, end: make(chan struct{})}
	o.serving.Go(func() { o.accept(l) })
	t.Cleanup(o.close)
	return o
}

func (o *fakeOrigin) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		o.mu.Lock()
		o.conns = append(o.conns, c)
		o.mu.Unlock()
		o.serving.Go(func() { o.serve(c) })
	}
}

// down ends all connections, and takes no new one until back is called.
func (o *fakeOrigin) down() (back func()) {
	address := o.l.Addr().String()
	_ = o.l.Close()
	o.mu.Lock()
	for _, c := range o.conns {
		_ = c.Close()
	}
	o.mu.Unlock()
	return func() {
		l, err := net.Listen("tcp", address)
		if err != nil {
			panic(err)
		}
		o.l = l
		o.serving.Go(func() { o.accept(l) })
	}
}

func (o *fakeOrigin) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		a, err := readAsk(in)
		if err != nil {
			return
		}
		a.conn, a.end = c, o.end
		o.mu.Lock()
		o.seen = append(o.seen, a)
		a.n = len(o.seen)
		answer := o.answer
		o.mu.Unlock()
		answer(a)
		if a.closed {
			return
		}
	}
}

func readAsk(in *bufio.Reader) (*ask, error) {
	r := textproto.NewReader(in)
	line, err := r.ReadLine()
	if err != nil {
		return nil, err
	}
	a := &ask{}
	var version string
	if _, err := fmt.Sscan(line, &a.method, &a.target, &version); err != nil {
		return nil, err
	}
	if a.fields, err = r.ReadMIMEHeader(); err != nil {
		return nil, err
	}
	if n, _ := strconv.Atoi(a.field("Content-Length")); n > 0 {
		body := make([]byte, n)
		_, err = io.ReadFull(in, body)
		a.body = string(body)
	}
	return a, err
}

// now makes answer what the origin does from now on.
func (o *fakeOrigin) now(answer func(*ask)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
}

// all returns what was asked so far.
func (o *fakeOrigin) all() []*ask {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.seen)
}

// last returns the newest request.
func (o *fakeOrigin) last() *ask {
	all := o.all()
	return all[len(all)-1]
}

func (o *fakeOrigin) close() {
	_ = o.l.Close()
	close(o.end)
	o.mu.Lock()
	for _, c := range o.conns {
		_ = c.Close()
	}
	o.mu.Unlock()
	o.serving.Wait()
}

// always answers each request alike.
func always(status int, body string, fields ...string) func(*ask) {
	return func(a *ask) { a.give(status, body, fields...) }
}

// numbered answers with the number of the request in the body.
func numbered(fields ...string) func(*ask) {
	return func(a *ask) { a.give(200, fmt.Sprint("body ", a.n), fields...) }
}
