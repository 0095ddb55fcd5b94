package script

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// origin answers as a file says. It writes its responses byte by byte, as
// net/http would not cut one off, nor leave a field out.
type origin struct {
	answers  map[string][]*answer
	listener net.Listener
	serving  sync.WaitGroup

	mu struct {
		sync.Mutex

		conns    map[net.Conn]bool
		asked    map[string]int    // by path, and by target where that has a query
		seen     map[string]string // the last request, by the same
		turn     map[string]int    // answers given, by key
		released chan struct{}     // closed: answers do not hold
	}
}

func startOrigin(address, text string) (*origin, error) {
	answers, err := parseAnswers(text)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	o := &origin{answers: answers, listener: l}
	o.mu.conns = make(map[net.Conn]bool)
	o.mu.asked = make(map[string]int)
	o.mu.seen = make(map[string]string)
	o.mu.turn = make(map[string]int)
	o.mu.released = make(chan struct{})
	o.serving.Go(o.accept)
	return o, nil
}

func (o *origin) accept() {
	for {
		c, err := o.listener.Accept()
		if err != nil {
			return
		}
		o.mu.Lock()
		o.mu.conns[c] = true
		o.mu.Unlock()
		o.serving.Go(func() {
			o.serve(c)
			c.Close()
			o.mu.Lock()
			delete(o.mu.conns, c)
			o.mu.Unlock()
		})
	}
}

// close ends the origin and all its connections.
func (o *origin) close() {
	o.release()
	// A process that is just starting inherits descriptors, which stay open for a moment.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	o.listener.Close()
	o.mu.Lock()
	for c := range o.mu.conns {
		c.Close()
	}
	o.mu.Unlock()
	o.serving.Wait()
}

// release lets go of the answers that hold, and of those that would.
func (o *origin) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case <-o.mu.released:
	default:
		close(o.mu.released)
	}
}

// serve answers the requests of a connection.
func (o *origin) serve(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if r.Header.Get("Expect") == "100-continue" {
			io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		a := o.take(r, string(body))
		if !o.send(c, r, a.to(r)) {
			return
		}
		if a.status == 101 {
			io.Copy(c, in)
			return
		}
	}
}

// take counts the request and returns the answer that is its turn.
func (o *origin) take(r *http.Request, body string) *answer {
	path, _, query := strings.Cut(r.RequestURI, "?")
	keys := []string{path}
	if query {
		keys = append(keys, r.RequestURI)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range keys {
		o.mu.asked[k]++
		o.mu.seen[k] = requestText(r, body)
	}
	for _, key := range []string{r.Method + " " + r.RequestURI, r.RequestURI, r.Method + " " + path, path, "*"} {
		if turns := o.answers[key]; turns != nil {
			i := o.mu.turn[key]
			o.mu.turn[key]++
			return turns[min(i, len(turns)-1)].numbered(o.mu.asked[path])
		}
	}
	return &answer{status: 404, hold: -1, cut: -1, body: "the origin has no " + path + "\n"}
}

func requestText(r *http.Request, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\nHost: %s\n", r.Method, r.RequestURI, r.Proto, r.Host)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		for _, v := range r.Header[name] {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	return b.String() + "\n" + body
}

// send writes an answer and reports whether the connection may be used on.
func (o *origin) send(c net.Conn, r *http.Request, a *answer) bool {
	time.Sleep(a.delay)
	if a.hold == 0 {
		o.wait()
	}
	for _, f := range a.early {
		fmt.Fprintf(c, "HTTP/1.1 103 Early Hints\r\n%s\r\n\r\n", f)
	}
	io.WriteString(c, a.head())
	if r.Method == http.MethodHead || a.bodiless() {
		return true
	}
	var out io.Writer = c
	if a.chunked {
		out = httputil.NewChunkedWriter(c)
	}
	body := a.body
	if a.cut >= 0 {
		body = body[:a.cut]
	}
	if a.hold > 0 {
		io.WriteString(out, body[:a.hold])
		o.wait()
		body = body[a.hold:]
	}
	_, err := io.WriteString(out, body)
	if err != nil || a.cut >= 0 {
		return false
	}
	if a.chunked {
		_, err = io.WriteString(c, "0\r\n\r\n")
	}
	return err == nil
}

func (o *origin) wait() {
	o.mu.Lock()
	released := o.mu.released
	o.mu.Unlock()
	<-released
}

func (a *answer) bodiless() bool { return a.status < 200 || a.status == 204 || a.status == 304 }

func (a *answer) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", a.status, cmp.Or(http.StatusText(a.status), "Other"))
	if a.field("Date") == "" {
		fmt.Fprintf(&b, "Date: %s\r\n", time.Now().UTC().Format(http.TimeFormat))
	}
	for _, f := range a.fields {
		b.WriteString(f + "\r\n")
	}
	switch {
	case a.bodiless():
	case a.chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(a.body))
	}
	return b.String() + "\r\n"
}

func (o *origin) count(target string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.asked[target]
}

func (o *origin) last(target string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mu.seen[target]
}
