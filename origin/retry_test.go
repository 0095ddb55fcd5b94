package origin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"brink/conf"
	"brink/edge/wire"
)

const busy = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"

// pair returns an origin of two servers. A scripted one is first, and has the
// first turn; the other one answers everything.
func pair(t testing.TB, does ...step) (c *conf.Origin, bad, good *record) {
	c, bad = serve(t, script(does...))
	other, good := serve(t, script(forever(request, say(hello))))
	c.Servers = append(c.Servers, other.Servers...)
	return c, bad, good
}

func post(b *text) *Request {
	r := get()
	r.Method, r.Idempotent = []byte("POST"), false
	if b != nil {
		r.Body = b
	}
	return r
}

func put(b *text) *Request {
	r := get()
	r.Method, r.Body = []byte("PUT"), b
	return r
}

// RFC 9110 section 9.2.2: a request that does no harm goes to another server, if nothing
// was sent to the client.
func TestAnotherServer(t *testing.T) {
	const part = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"
	const hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	const upload = inlineBody + 1
	large := func() *text { return textOf(strings.Repeat("x", upload), upload) }
	status := func(c *conf.Origin) { c.RetryStatus = []int{503} }
	for _, c := range []struct {
		name     string
		does     []step
		request  *Request
		set      func(*conf.Origin)
		goes     bool // to the other server
		want     string
		failures uint64
	}{
		{"end", script(request), get(), nil, true, "hello", 1},
		{"reset", script(request, reset), get(), nil, true, "hello", 1},
		{"half a head", script(request, say("HTTP/1.1 200 OK\r\nA: b\r\n")), get(), nil, true, "hello", 1},
		{"small content", script(request, body(5)), put(textOf("hello", 5)), nil, true, "hello", 1},
		{"streamed content", script(request, body(upload)), put(large()), nil, false, "", 1},
		{"not idempotent", script(request), post(nil), nil, false, "", 1},
		{"no retries", script(request), get(), func(c *conf.Origin) { c.Retries = 0 }, false, "", 1},
		{"half the content", script(request, say(part)), get(), nil, false, "he", 1},
		{"malformed", script(request, say("nonsense")), get(), nil, false, "", 1},
		{"no answer", script(request, rest), get(), func(c *conf.Origin) { c.TryTimeout = short }, true, "hello", 1},
		{"no answer, not idempotent", script(request, rest), post(nil), func(c *conf.Origin) { c.HeadTimeout = short }, false, "", 1},
		{"no answer after a hint", script(request, say(hint), rest), get(), func(c *conf.Origin) { c.TryTimeout = short }, false, "", 1},
		{"status", script(request, say(busy), rest), get(), status, true, "hello", 0},
		{"status of content not read", script(request, say(busy[:len(busy)-4]), rest), get(), status, true, "hello", 0},
		{"status, other", script(request, say(busy), rest), get(), func(c *conf.Origin) { c.RetryStatus = []int{502} }, false, "busy", 0},
		{"status, not idempotent", script(request, say(busy), rest), post(nil), status, false, "busy", 0},
		{"status, after a hint", script(request, say(hint+busy), rest), get(), status, false, "busy", 0},
		{"end after a hint", script(request, say(hint)), get(), nil, false, "", 1},
	} {
		config, _, good := pair(t, c.does...)
		if c.set != nil {
			c.set(config)
		}
		o := start(t, config)
		c.request.Interim = func(int, *wire.Fields) {}
		got, err := fetch(o, c.request)
		if got != c.want || (err == nil) != (c.want == "hello" || c.want == "busy") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
		if heads := good.all(); (len(heads) == 1) != c.goes {
			t.Errorf("%s: the other server saw %q", c.name, heads)
		}
		s := o.Stats()
		failures := uint64(0)
		for _, n := range s.Servers[0].Failures {
			failures += n
		}
		if s.Running != 0 || failures != c.failures || (s.Servers[0].Failovers == 1) != c.goes || s.Servers[1].Failovers != 0 {
			t.Errorf("%s: %+v", c.name, s)
		}
		o.Close()
	}
}

// Nothing was sent to a server that cannot be reached, so any request goes on.
func TestUnreachableIsSafe(t *testing.T) {
	for _, r := range []*Request{get(), post(nil), post(textOf("hello", 5)), post(textOf(strings.Repeat("x", inlineBody+1), -1))} {
		c, good := serve(t, script(func(p *peer) {
			request(p)
			say(hello)(p)
			rest(p)
		}))
		c.Servers = append(configure("127.0.0.1:1").Servers, c.Servers...)
		if got, err := fetch(start(t, c), r); got != "hello" || err != nil || len(good.all()) != 1 {
			t.Errorf("%s: %q, %v", r.Method, got, err)
		}
	}
}

// A connection that is not made in time is a failure like others, and a kept
// connection of the next server will do.
func TestRetryAfterConnectTimeout(t *testing.T) {
	t.Parallel()
	c, good := serve(t, script(forever(request, say(hello))))
	c.Servers = append(c.Servers, configure(full(t)).Servers...)
	c.ConnectTimeout = 4 * short
	o := start(t, c)
	wantFetch(t, o, 4, "hello")
	if s := o.Stats().Servers; s[1].Failures[ConnectionTimeout] != 1 || good.conns.Load() != 1 {
		t.Errorf("%+v, %d connections", s, good.conns.Load())
	}
}

// The number of tries is bounded, whatever they fail by, and each server has
// one of them; the last failure is answered.
func TestTriesAreBounded(t *testing.T) {
	for _, retries := range []int{0, 1, 2, 4, 9} {
		config, _ := serve(t, script(request))
		seen := make([]*record, 4)
		for i := range seen {
			var more *conf.Origin
			more, seen[i] = serve(t, script(request))
			config.Servers = append(config.Servers, more.Servers...)
		}
		config.Retries = retries
		o := start(t, config)
		_, err := fetch(o, get())
		wantKind(t, err, ConnectionTerminated)
		dials, failovers := uint64(0), uint64(0)
		for _, s := range o.Stats().Servers {
			dials += s.Dials
			failovers += s.Failovers
			if s.Dials > 1 {
				t.Errorf("%d retries: %+v", retries, s)
			}
		}
		if want := uint64(min(retries+1, 5)); dials != want || failovers != want-1 {
			t.Errorf("%d retries: %d servers tried, %d went on", retries, dials, failovers)
		}
	}
}

// The last server's response with a status to retry is the answer.
func TestLastStatusIsAnswered(t *testing.T) {
	config, first := serve(t, script(forever(request, say(busy))))
	other, second := serve(t, script(forever(request, say(strings.Replace(busy, "busy", "last", 1)))))
	config.Servers = append(config.Servers, other.Servers...)
	config.RetryStatus = []int{503}
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(x); x.Status != 503 || got != "last" || err != nil {
		t.Errorf("%d %q, %v", x.Status, got, err)
	}
	if len(first.all()) != 1 || len(second.all()) != 1 {
		t.Errorf("%q, %q", first.all(), second.all())
	}
	if s := o.Stats(); s.Servers[0].Idle != 1 || s.Servers[1].Idle != 1 || s.Running != 0 {
		t.Errorf("the connections are not kept: %+v", s)
	}
}

// All tries together do not take longer than one may.
func TestRetriesKeepToHeadTimeout(t *testing.T) {
	t.Parallel()
	const limit = time.Second
	for name, last := range map[string]string{"no answer": "", "no connection": full(t)} {
		config, _ := serve(t, script(request, sleep(limit*3/5)))
		config.HeadTimeout, config.ConnectTimeout = limit, 3*limit
		if last == "" {
			other, _ := serve(t, script(request, rest))
			config.Servers = append(config.Servers, other.Servers...)
		} else {
			config.Servers = append(config.Servers, configure(last).Servers...)
		}
		began := time.Now()
		_, err := fetch(start(t, config), get())
		took := time.Since(began)
		var e *Error
		if !errors.As(err, &e) || e.Kind.Status() != 504 {
			t.Errorf("%s: %v", name, err)
		}
		if took < limit || took > limit+limit/5 {
			t.Errorf("%s: took %s, want %s", name, took, limit)
		}
	}
	// No retry begins after that time.
	config, _, good := pair(t, request, sleep(limit+limit/10))
	config.HeadTimeout, config.TryTimeout = limit, limit
	_, err := fetch(start(t, config), get())
	if wantKind(t, err, ResponseTimeout); len(good.all()) != 0 {
		t.Error("another server was asked")
	}
}

// Content that an upload has is not asked for again, nor stopped for a retry.
func TestUploadIsNotRepeated(t *testing.T) {
	config, _, good := pair(t, request, say(busy), rest)
	config.RetryStatus = []int{503}
	b := stalled("hel", 1<<20)
	r := get()
	r.Method, r.Body = []byte("PUT"), b
	if got, err := fetch(start(t, config), r); got != "busy" || err != nil || len(good.all()) != 0 {
		t.Errorf("%q, %v, %q", got, err, good.all())
	}
}
