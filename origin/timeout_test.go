package origin

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/conf"
)

// short is a timeout to wait for; slack covers a busy machine.
const (
	short = 50 * time.Millisecond
	slack = 900 * time.Millisecond
)

// full returns the address of a listener whose backlog takes no more, so that
// connecting to it hangs.
func full(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if err := syscall.Listen(int(fd), 0); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	// On a busy machine one attempt may fail for want of time alone.
	for failed := 0; failed < 3; {
		c, err := net.DialTimeout("tcp", l.Addr().String(), 300*time.Millisecond)
		if err != nil {
			failed++
			continue
		}
		failed = 0
		t.Cleanup(func() { c.Close() })
	}
	return l.Addr().String()
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 16<<20)
	for _, c := range []struct {
		name string
		set  func(c *conf.Origin)
		does []step
		body string
		want Kind
	}{
		{"head, silent", func(c *conf.Origin) { c.HeadTimeout = short }, script(request, rest), "", ResponseTimeout},
		{"head, begun", func(c *conf.Origin) { c.HeadTimeout = short }, script(request, say("HTTP/1.1 200"), rest), "", ResponseTimeout},
		{"head, after a body", func(c *conf.Origin) { c.HeadTimeout = short }, script(request, rest), large[:inlineBody*2], ResponseTimeout},
		{"body, length", func(c *conf.Origin) { c.BodyTimeout = short }, script(request, say(hello[:len(hello)-1]), rest), "", ConnectionReadTimeout},
		{"body, chunked", func(c *conf.Origin) { c.BodyTimeout = short },
			script(request, say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"), rest), "", ConnectionReadTimeout},
		{"body, close", func(c *conf.Origin) { c.BodyTimeout = short }, script(request, say("HTTP/1.1 200 OK\r\n\r\nhel"), rest), "", ConnectionReadTimeout},
		{"send", func(c *conf.Origin) { c.SendTimeout = short }, script(request, sleep(slack)), large, ConnectionWriteTimeout},
		{"TLS", func(c *conf.Origin) { c.TLSTimeout, c.Servers[0].Scheme = short, "https" }, script(sleep(slack)), "", ConnectionTimeout},
	} {
		config, _ := serve(t, c.does)
		c.set(config)
		o := start(t, config)
		r := get()
		if c.body != "" {
			r.Body = textOf(c.body, int64(len(c.body)))
		}
		began := time.Now()
		_, err := fetch(o, r)
		took := time.Since(began)
		var e *Error
		if !errors.As(err, &e) || e.Kind != c.want || e.Kind.Status() != 504 {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
		if took < short || took > short+slack {
			t.Errorf("%s: took %s", c.name, took)
		}
		if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 0 || s.Servers[0].Failures[c.want] != 1 {
			t.Errorf("%s: %+v", c.name, s)
		}
		o.Close()
	}
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	config := configure(full(t))
	config.ConnectTimeout = short
	_, err := fetch(start(t, config), get())
	wantKind(t, err, ConnectionTimeout)
}

// A body may take longer than any timeout as long as it moves; so may a
// request's, and the time for the head begins after it.
func TestSlowIsNotStalled(t *testing.T) {
	t.Parallel()
	const limit, pieces = 600 * time.Millisecond, 7
	trickle := []step{request, body(pieces * inlineBody), sleep(limit / 2), say("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")}
	for range pieces {
		trickle = append(trickle, sleep(limit/6), say("x"))
	}
	config, _ := serve(t, trickle)
	config.HeadTimeout, config.BodyTimeout = limit, limit
	o := start(t, config)
	b := textOf("", pieces*inlineBody)
	b.r = slowly{strings.NewReader(strings.Repeat("x", pieces*inlineBody)), limit / 6}
	r := get()
	r.Body = b
	if got, err := fetch(o, r); got != "xxxxxxx" || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
}

// slowly reads at most inlineBody bytes, and waits before.
type slowly struct {
	r    *strings.Reader
	wait time.Duration
}

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.wait)
	return s.r.Read(p[:min(len(p), inlineBody)])
}

// One kept connection outlives the deadlines of its earlier exchanges.
func TestDeadlinesOfKept(t *testing.T) {
	t.Parallel()
	const limit = 4 * short
	config, seen := serve(t, script(forever(request, say(hello))))
	config.HeadTimeout, config.BodyTimeout, config.SendTimeout = limit, limit, limit
	o := start(t, config)
	for range 5 {
		wantFetch(t, o, 1, "hello")
		time.Sleep(2 * limit)
	}
	if n := seen.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// The caller's context ends an exchange in every phase, at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	chunked := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name string
		does []step
		set  func(c *conf.Origin)
		body func() *text
	}{
		{"TLS", script(rest), func(c *conf.Origin) { c.Servers[0].Scheme = "https" }, nil},
		{"head", script(request, rest), nil, nil},
		{"head, begun", script(request, say("HTTP/1.1 200"), rest), nil, nil},
		{"body", script(request, say(chunked), rest), nil, nil},
		{"small request body", script(rest), nil, func() *text { return stalled("hel", 10) }},
		{"request body", script(request, rest), nil, func() *text { return stalled("hel", 1<<20) }},
		{"request body, taken slowly", script(request, sleep(200*time.Millisecond)), nil, func() *text { return textOf(strings.Repeat("x", 16<<20), 16<<20) }},
		{"both bodies", script(request, say(chunked), rest), nil, func() *text { return stalled("hel", -1) }},
		{"look-up", nil, func(c *conf.Origin) { c.Servers[0].Host = "slow.test" }, nil},
		{"connect", nil, func(c *conf.Origin) { *c = *configure(full(t)) }, nil},
		{"queue", nil, func(c *conf.Origin) { c.MaxConnections = 0 }, nil},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		canceller := new(Canceller)
		for _, by := range []struct {
			context.Context
			end func()
		}{{ctx, cancel}, {canceller, canceller.Cancel}} {
			config, _ := serve(t, c.does)
			if c.set != nil {
				c.set(config)
			}
			o, err := newOrigin(config, hangingLookup)
			if err != nil {
				t.Fatal(err)
			}
			r := get()
			if c.body != nil {
				r.Body = c.body()
			}
			time.AfterFunc(short, by.end)
			began := time.Now()
			x, err := o.Fetch(by.Context, r)
			if err == nil {
				_, err = readAll(x)
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != Cancelled {
				t.Errorf("%s: %v", c.name, err)
			}
			if took := time.Since(began); took > short+slack {
				t.Errorf("%s: took %s", c.name, took)
			}
			if s := o.Stats(); s.Running != 0 || s.Waiting != 0 || s.Servers[0].Open != 0 || s.Servers[0].Failures != [KindCount]uint64{} {
				t.Errorf("%s: %+v", c.name, s)
			}
			o.Close()
		}
	}
}

// A deadline of the caller's is a timeout.
func TestContextDeadline(t *testing.T) {
	config, _ := serve(t, script(request, rest))
	ctx, cancel := context.WithTimeout(context.Background(), short)
	defer cancel()
	_, err := start(t, config).Fetch(ctx, get())
	wantKind(t, err, ResponseTimeout)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
