package attack

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything may take. It is never waited for where all is
// well.
const patience = 20 * time.Second

// response is a final response with the informational ones before it.
type response struct {
	message
	status  int
	interim []int
}

// token is what the origin put into its answer to name the target it was for.
func (r *response) token() string { return r.fields.get("X-Target") }

// cached reports whether Cache-Status says that the cache answered.
func (r *response) cached() bool { return strings.Contains(r.fields.get("Cache-Status"), "; hit") }

// client is one connection to the node.
type client struct {
	world *world
	conn  net.Conn
	src   *source
	asked []string // methods, for which the responses are to come; then GET
}

// dial connects from an address of 127.0.0.0/8, to tell clients apart.
func (w *world) dial(t testing.TB, from string) *client {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: patience}
	conn, err := d.Dial("tcp", w.address)
	if err != nil {
		t.Fatalf("dial the node: %v", err)
	}
	// Without this each connection would hold its port for a minute.
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	c := &client{world: w, conn: conn, src: newSource(conn)}
	c.bePatient(t)
	return c
}

// bePatient sets by when what comes next must have come.
func (c *client) bePatient(t testing.TB) {
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
}

func (c *client) close() { c.conn.Close() }

// leave closes with a request unanswered.
func (c *client) leave() {
	c.world.abandon()
	c.close()
}

func (c *client) send(t testing.TB, input string) {
	t.Helper()
	c.bePatient(t)
	if _, err := io.WriteString(c.conn, input); err != nil {
		t.Fatalf("send to the node: %v", err)
	}
}

// read reads the next final response. If the response breaks off, read returns the part
// that has arrived, together with the error.
func (c *client) read() (*response, error) {
	method := "GET"
	if len(c.asked) > 0 {
		method, c.asked = c.asked[0], c.asked[1:]
	}
	var interim []int
	for {
		m, err := c.src.head()
		if err != nil {
			return nil, err
		}
		status, err := statusOf(m.start)
		if err != nil {
			return nil, err
		}
		if status < 200 && status != 101 {
			interim = append(interim, status)
			continue
		}
		r := &response{message: m, status: status, interim: interim}
		c.world.received(status)
		if method == "HEAD" || status == 101 || status == 204 || status == 304 {
			r.framing = "none"
			return r, nil
		}
		return r, c.src.content(&r.message, false)
	}
}

// statusOf reads a status line of HTTP/1.1.
func statusOf(line string) (int, error) {
	if len(line) < len("HTTP/1.1 200 ") || !strings.HasPrefix(line, "HTTP/1.1 ") || line[12] != ' ' || !isValue(line) {
		return 0, malformed(fmt.Sprintf("status line %.80q", line))
	}
	n, err := strconv.Atoi(line[9:12])
	if err != nil || n < 100 {
		return 0, malformed(fmt.Sprintf("status line %.80q", line))
	}
	return n, nil
}

// answer reads a whole final response.
func (c *client) answer(t testing.TB) *response {
	t.Helper()
	r, err := c.read()
	if err != nil {
		t.Fatalf("read a response: %v (so far %+v)", err, r)
	}
	return r
}

// transcript is all that came over a connection up to its end.
type transcript struct {
	whole []*response
	part  *response // the last one, if it broke off
	end   string    // "closed", "reset", "timeout" or what was not HTTP
}

func (tr *transcript) statuses() (list []int) {
	for _, r := range tr.whole {
		list = append(list, r.status)
	}
	return list
}

func (tr *transcript) String() string {
	s := fmt.Sprintf("%d, then %s", tr.statuses(), tr.end)
	if tr.part != nil {
		s += fmt.Sprintf(" inside a %d", tr.part.status)
	}
	return s
}

// hear reads up to the end of the connection.
func (c *client) hear() *transcript {
	tr := new(transcript)
	for {
		r, err := c.read()
		if err != nil {
			tr.part, tr.end = r, endOf(err)
			return tr
		}
		tr.whole = append(tr.whole, r)
		if r.framing == "close" {
			tr.end = "closed"
			return tr
		}
	}
}

func endOf(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "closed"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return err.Error()
}

// talk sends input on a new connection, however little of it is read, and
// hears what comes back.
func (w *world) talk(t testing.TB, input string, methods ...string) *transcript {
	t.Helper()
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	c.asked = methods
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		// The node may close before it has read all: the answer tells.
		_, _ = io.WriteString(c.conn, input)
	}()
	tr := c.hear()
	c.close()
	<-sent
	return tr
}

// get asks for one URL of a.test on a connection of its own. Lines are further
// field lines, each with CRLF.
func (w *world) get(t testing.TB, target string, lines ...string) *response {
	t.Helper()
	return w.ask(t, "GET", target, lines...)
}

func (w *world) ask(t testing.TB, method, target string, lines ...string) *response {
	t.Helper()
	return w.request(t, method, method+" "+target+" HTTP/1.1\r\nHost: a.test\r\n"+strings.Join(lines, "")+"\r\n")
}

// request sends one whole request and returns the answer.
func (w *world) request(t testing.TB, method, input string) *response {
	t.Helper()
	c := w.dial(t, "127.0.0.3")
	defer c.close()
	c.asked = []string{method}
	c.send(t, input)
	return c.answer(t)
}

func oneOf(status int, want []int) bool { return slices.Contains(want, status) }
