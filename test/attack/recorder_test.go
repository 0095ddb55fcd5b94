package attack

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is a request as the origin parsed it.
type seen struct {
	message
	method, target string
	serial         int
	conn           int
}

// marked cuts the mark out of a target: "~12~". Requests of one input share it.
func marked(target string) string {
	_, rest, ok := strings.Cut(target, "~")
	mark, _, closed := strings.Cut(rest, "~")
	if !ok || !closed {
		return ""
	}
	return "~" + mark + "~"
}

// route is how the origin answers the targets that begin with a prefix.
type route struct {
	prefix string
	early  bool // answers before the body is read
	serve  func(a *answer, q *seen)
}

// recorder is an origin that parses by the letter and remembers. Whatever it
// is sent that is not HTTP/1.1 by the letter is a fault of the node.
type recorder struct {
	address string
	routes  []route // longest prefix first; set before the first request
	began   time.Time

	mu struct {
		sync.Mutex

		serial  int
		marks   map[string][]*seen // by mark; canaries are only counted
		targets map[string]int     // whole requests
		faults  []string
		cut     int // requests that broke off
		conns   map[net.Conn]bool
		streams []*strings.Builder // what was used up, by connection
	}
}

// keepStream is how many bytes of a connection are kept for a replay.
const keepStream = 64 << 10

func newRecorder(t testing.TB, routes ...route) *recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return recordOn(t, l, routes...)
}

func recordOn(t testing.TB, l net.Listener, routes ...route) *recorder {
	o := &recorder{address: l.Addr().String(), routes: append(routes, standardRoutes...), began: time.Now()}
	o.mu.marks, o.mu.targets, o.mu.conns = map[string][]*seen{}, map[string]int{}, map[net.Conn]bool{}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { o.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		o.hangUp()
		running.Wait()
	})
	return o
}

// hangUp closes all connections.
func (o *recorder) hangUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for conn := range o.mu.conns {
		conn.Close()
	}
}

func (o *recorder) serve(conn net.Conn) {
	raw := new(strings.Builder)
	o.mu.Lock()
	o.mu.conns[conn] = true
	number := len(o.mu.streams)
	o.mu.streams = append(o.mu.streams, raw)
	o.mu.Unlock()
	defer func() {
		conn.Close()
		o.mu.Lock()
		delete(o.mu.conns, conn)
		o.mu.Unlock()
	}()
	src := newSource(conn)
	for {
		src.raw = new(strings.Builder)
		more := o.exchange(src, conn, number)
		o.mu.Lock()
		if raw.Len()+src.raw.Len() < keepStream {
			raw.WriteString(src.raw.String())
		}
		o.mu.Unlock()
		if !more {
			return
		}
	}
}

// exchange reads a request and answers it. It reports whether another may come.
func (o *recorder) exchange(src *source, conn net.Conn, number int) bool {
	q := &seen{conn: number}
	var err error
	if q.message, err = src.head(); err == nil {
		err = q.readStart()
	}
	if err != nil {
		o.failed(err, q)
		return false
	}
	r := o.route(q.target)
	a := &answer{recorder: o, conn: conn}
	if r.early {
		o.record(q)
		r.serve(a, q)
	}
	if err := src.content(&q.message, true); err != nil {
		o.failed(err, q)
		return false
	}
	if !r.early {
		o.record(q)
		r.serve(a, q)
	}
	return !a.over
}

// readStart takes the first line apart.
func (q *seen) readStart() error {
	parts := strings.Split(q.start, " ")
	if len(parts) != 3 || !isToken(parts[0]) || parts[1] == "" || parts[2] != "HTTP/1.1" {
		return malformed(fmt.Sprintf("request line %.80q", q.start))
	}
	q.method, q.target = parts[0], parts[1]
	if hosts := q.fields.all("Host"); len(hosts) != 1 || hosts[0] == "" {
		return malformed(fmt.Sprintf("hosts %q", hosts))
	}
	return nil
}

func (o *recorder) route(target string) *route {
	for i := range o.routes {
		if strings.HasPrefix(target, o.routes[i].prefix) {
			return &o.routes[i]
		}
	}
	panic("no route for " + target)
}

func (o *recorder) record(q *seen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mu.serial++
	q.serial = o.mu.serial
	o.mu.targets[q.target]++
	if !strings.HasPrefix(q.target, "/canary") {
		mark := marked(q.target)
		o.mu.marks[mark] = append(o.mu.marks[mark], q)
	}
}

func (o *recorder) failed(err error, q *seen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var bad malformed
	switch {
	case errors.As(err, &bad):
		o.mu.faults = append(o.mu.faults, fmt.Sprintf("%v in %q", err, q.start))
	case err != io.EOF && q.start != "":
		o.mu.cut++
	}
}

// of returns the whole requests with a mark.
func (o *recorder) of(mark string) []*seen {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.marks[mark]
}

// answer is the way back from the origin.
type answer struct {
	recorder *recorder
	conn     net.Conn
	over     bool // the connection ends
}

// raw sends bytes as they are. The node may have hung up.
func (a *answer) raw(text string) {
	if _, err := io.WriteString(a.conn, text); err != nil {
		a.over = true
	}
}

// reply sends a whole response. Lines are field lines, each with CRLF.
func (a *answer) reply(q *seen, status, lines, body string) {
	head := fmt.Sprintf("HTTP/1.1 %s\r\nX-Target: %s\r\nX-Serial: %d\r\n%sContent-Length: %d\r\n\r\n", status, q.target, q.serial, lines, len(body))
	if q.method == "HEAD" {
		body = ""
	}
	a.raw(head + body)
}

// ok answers 200 with a body that names the target and the request's number.
func (a *answer) ok(q *seen, lines string) { a.reply(q, "200 OK", lines, q.page()) }

func (q *seen) page() string { return fmt.Sprintf("page of %s, request %d\n", q.target, q.serial) }

// hangUp closes the connection in the orderly way.
func (a *answer) hangUp() {
	a.over = true
	a.conn.Close()
}

// reset closes the connection with RST.
func (a *answer) reset() {
	a.over = true
	if c, ok := a.conn.(*net.TCPConn); ok {
		_ = c.SetLinger(0)
	}
	a.conn.Close()
}

// standardRoutes answer what a test has no route for: /c is cacheable, the rest
// is not.
var standardRoutes = []route{
	{prefix: "/c/", serve: func(a *answer, q *seen) { a.ok(q, "Cache-Control: max-age=600\r\n") }},
	{prefix: "", serve: func(a *answer, q *seen) { a.ok(q, "Cache-Control: no-store\r\n") }},
}
