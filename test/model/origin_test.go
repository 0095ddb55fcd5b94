package model

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"brink/test/brinktest"
)

// fault is what the origin does wrong.
type fault string

const (
	sound    fault = ""
	reset    fault = "reset"    // breaks the connection instead of answering
	cutOff   fault = "cut off"  // breaks it in the middle of the body
	overload fault = "overload" // 503
)

// exchange is a request that reached the origin, and what it said.
type exchange struct {
	request  request
	head     head // status 0: nothing was said
	asked    time.Duration
	answered time.Duration
	fault    fault
}

// unsafe is how the origin answers requests with unsafe methods. If that is
// well, the target and what is named has a new version.
type unsafe struct {
	status   int
	location string // path, or ""
	content  string // Content-Location: path, or ""
}

// origin is a server under full control: it says what it is told to, in the
// pieces it is told to, and remembers who asked for what.
type origin struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu sync.Mutex

	clock     *clock
	resources map[string]*resource // by URL; "": whatever else is asked for
	unsafe    unsafe
	fault     fault
	delay     time.Duration                  // of each answer, on the clock
	pieces    func(length int64) []int64     // in which a body is written; nil: one
	respell   func(lines []string) []string  // writes field lines in another way; nil: as they are
	hold      func(q *request) chan struct{} // is waited for before the answer; nil: nothing
	answers   int
	versions  int
	log       []exchange
	conns     map[net.Conn]bool
}

func startOrigin() (*origin, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	o := &origin{listener: l, conns: make(map[net.Conn]bool)}
	o.serving.Go(o.accept)
	return o, nil
}

func (o *origin) accept() {
	for {
		c, err := o.listener.Accept()
		if err != nil {
			return
		}
		o.change(func() { o.conns[c] = true })
		o.serving.Go(func() {
			o.serve(c)
			c.Close()
			o.change(func() { delete(o.conns, c) })
		})
	}
}

func (o *origin) close() {
	o.listener.Close()
	o.change(func() {
		for c := range o.conns {
			c.Close()
		}
	})
	o.serving.Wait()
}

// begin forgets everything and takes another clock.
func (o *origin) begin(c *clock) {
	o.change(func() {
		o.clock, o.resources, o.unsafe = c, make(map[string]*resource), unsafe{status: 200}
		o.fault, o.delay, o.pieces, o.respell, o.hold = sound, 0, nil, nil, nil
		o.answers, o.versions, o.log = 0, 0, nil
	})
}

// change calls f, which may set how the origin answers from now on.
func (o *origin) change(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

// renew gives the resource under a URL its next version.
func (o *origin) renew(url string) {
	r := o.resources[url]
	if r == nil {
		return
	}
	o.versions++
	r.version = o.versions
	if r.modified != absent {
		r.modified++
	}
}

// take returns what has reached the origin since the last call.
func (o *origin) take() []exchange {
	o.mu.Lock()
	defer o.mu.Unlock()
	log := o.log
	o.log = nil
	return log
}

// reply is an answer on its way out.
type reply struct {
	head    head
	lines   []string
	body    span
	framing string
	isHead  bool
	fault   fault
	pieces  []int64
}

func (o *origin) serve(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		q := parseRequest(r)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		a := o.answer(&q)
		if a.fault == reset {
			_ = c.(*net.TCPConn).SetLinger(0)
			return
		}
		if !a.send(c) {
			return
		}
	}
}

// answer decides about the answer to q and notes it.
func (o *origin) answer(q *request) *reply {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hold != nil {
		if wait := o.hold(q); wait != nil {
			o.mu.Unlock()
			<-wait
			o.mu.Lock()
		}
	}
	x := exchange{request: *q, asked: o.clock.now(), fault: o.fault}
	o.clock.advance(o.delay)
	x.answered = o.clock.now()
	a := &reply{framing: "length", isHead: q.method == "HEAD", fault: o.fault}
	var further []string
	r := o.resources[q.url()]
	if r == nil {
		r = o.resources[""]
	}
	switch {
	case o.fault == reset:
		o.log = append(o.log, x)
		return a
	case o.fault == overload:
		a.head = plainHead(503, x.answered)
	case q.method != "GET" && q.method != "HEAD":
		a.head = o.act(q, x.answered)
		further = o.unsafe.fields()
	default:
		a.head, a.body, further = r.answer(q, x.answered)
		a.framing = r.framing
	}
	o.answers++
	a.head.id = o.answers
	a.lines = append(a.head.fields(), further...)
	if q.method == "GET" || q.method == "HEAD" {
		a.lines = append(a.lines, "Content-Location", "/id/"+strconv.Itoa(a.head.id))
	}
	if o.respell != nil {
		a.lines = o.respell(a.lines)
	}
	if o.pieces != nil {
		a.pieces = o.pieces(a.body.length)
	}
	if a.fault == cutOff && (a.body.length < 2 || a.framing == "close") {
		a.fault, x.fault = sound, sound
	}
	x.head = a.head
	o.log = append(o.log, x)
	return a
}

// plainHead is a head that says nothing about caching.
func plainHead(status int, now time.Duration) head {
	return head{status: status, date: unix(now), expires: absent, modified: absent, age: absent}
}

// act carries out a request with an unsafe method.
func (o *origin) act(q *request, now time.Duration) head {
	if o.unsafe.status < 400 {
		o.renew(q.url())
		o.renew(q.host + o.unsafe.location)
		o.renew(q.host + o.unsafe.content)
	}
	return plainHead(o.unsafe.status, now)
}

func (u *unsafe) fields() (lines []string) {
	if u.location != "" {
		lines = append(lines, "Location", u.location)
	}
	if u.content != "" {
		lines = append(lines, "Content-Location", u.content)
	}
	return lines
}

// send writes a, and reports whether the connection goes on.
func (a *reply) send(c net.Conn) bool {
	out := bufio.NewWriter(c)
	fmt.Fprintf(out, "HTTP/1.1 %d -\r\n", a.head.status)
	for i := 0; i < len(a.lines); i += 2 {
		fmt.Fprintf(out, "%s: %s\r\n", a.lines[i], a.lines[i+1])
	}
	size := a.body.length
	switch {
	case a.head.status == 304 || a.head.status == 204:
		out.WriteString("\r\n")
		return out.Flush() == nil
	case a.isHead && a.head.rep != "":
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n", a.head.size())
		return out.Flush() == nil
	case a.framing == "chunked":
		out.WriteString("Transfer-Encoding: chunked\r\n\r\n")
	case a.framing == "close":
		out.WriteString("Connection: close\r\n\r\n")
	default:
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n", size)
	}
	if a.fault == cutOff {
		size /= 2
	}
	a.sendBody(out, size)
	if a.fault == cutOff {
		out.Flush()
		return false
	}
	if a.framing == "chunked" {
		out.WriteString("0\r\n\r\n")
	}
	return out.Flush() == nil && a.framing != "close"
}

// sendBody writes the first size bytes of the body, in pieces. An error shows
// when what follows is flushed.
func (a *reply) sendBody(out *bufio.Writer, size int64) {
	pieces := a.pieces
	for at := int64(0); at < size; {
		n := size - at
		if len(pieces) > 0 {
			n, pieces = min(max(pieces[0], 1), n), pieces[1:]
		}
		p := make([]byte, n)
		brinktest.Content(p, a.head.rep, a.body.first+at)
		if a.framing == "chunked" {
			fmt.Fprintf(out, "%x\r\n", n)
		}
		out.Write(p)
		if a.framing == "chunked" {
			out.WriteString("\r\n")
		}
		if a.pieces != nil {
			out.Flush()
		}
		at += n
	}
}
