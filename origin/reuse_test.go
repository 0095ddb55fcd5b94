package origin

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"brink/origin/health"
)

// RFC 9112 section 9.3
func TestReuse(t *testing.T) {
	for _, c := range []struct {
		method, response string
		conns            int32 // for three fetches
	}{
		{"GET", hello, 1},
		{"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1},
		{"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 1},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\n", 1},
		{"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", 1},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1},
		{"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 3},
		{"GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 3},
		{"GET", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 5\r\n\r\nhello", 3},
		// ATTACKS.md R03: more than was asked for
		{"GET", hello + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 3},
		{"GET", hello + "x", 3},
		{"HEAD", hello, 3},
		{"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + hello, 3},
		{"GET", "HTTP/1.1 204 No Content\r\n\r\nbody", 3},
		{"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 3},
		{"GET", "HTTP/1.1 304 Not Modified\r\n\r\nbody", 3},
		{"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", 3},
	} {
		config, seen := serve(t, script(forever(request, say(c.response))))
		o := start(t, config)
		r := get()
		r.Method = []byte(c.method)
		for range 3 {
			got, err := fetch(o, r)
			if err != nil || got != "" && got != "hello" {
				t.Errorf("%s %q: %q, %v", c.method, c.response, got, err)
			}
		}
		if n := seen.conns.Load(); n != c.conns {
			t.Errorf("%s %q: %d connections, want %d", c.method, c.response, n, c.conns)
		}
		o.Close()
	}
}

// ATTACKS.md R03: what comes on an idle connection is nobody's response. For a while
// the connections to such a server are not used again.
func TestUnsolicited(t *testing.T) {
	idle, sent := make(chan struct{}), make(chan struct{})
	config, seen := serve(t,
		script(request, say(hello), wait(idle), say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"), signal(sent), rest),
		script(forever(request, say(hello))))
	o := start(t, config)
	var news []Change
	o.Watch(func(c Change) { news = append(news, c) })
	wantFetch(t, o, 1, "hello")
	close(idle)
	<-sent
	time.Sleep(10 * time.Millisecond)
	wantFetch(t, o, 20, "hello")
	if n := seen.conns.Load(); n != 21 {
		t.Errorf("%d connections, want 21", n)
	}
	if s := o.Stats().Servers[0]; s.Retries != 0 || s.Reuses != 0 || s.Open != 0 || s.Unsolicited != 1 {
		t.Errorf("%+v", s)
	}
	if len(news) != 1 || news[0].Unsolicited != health.NoReuse || news[0].Server != o.servers[0].name {
		t.Errorf("told of %+v", news)
	}
	o.mu.Lock()
	o.servers[0].mu.health = health.State{} // that time is over
	o.mu.Unlock()
	wantFetch(t, o, 20, "hello")
	if s := o.Stats().Servers[0]; s.Reuses != 19 {
		t.Errorf("%+v", s)
	}
}

// What an idle connection ends with, and an empty line too many, are no answers to
// anybody.
func TestNotUnsolicited(t *testing.T) {
	for _, last := range []string{"", "\r\n", "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"} {
		idle, sent := make(chan struct{}), make(chan struct{})
		config, _ := serve(t, script(request, say(hello), wait(idle), say(last), signal(sent)), script(forever(request, say(hello))))
		o := start(t, config)
		wantFetch(t, o, 1, "hello")
		close(idle)
		<-sent
		time.Sleep(10 * time.Millisecond)
		wantFetch(t, o, 3, "hello")
		if s := o.Stats().Servers[0]; s.Unsolicited != 0 || s.Reuses != 2 || s.Retries != 0 {
			t.Errorf("%q: %+v", last, s)
		}
	}
}

// A connection that the server closed while it was idle is not used.
func TestIdleEnd(t *testing.T) {
	config, seen := serve(t, script(request, say(hello)))
	o := start(t, config)
	for range 5 {
		wantFetch(t, o, 1, "hello")
		time.Sleep(5 * time.Millisecond)
	}
	if n, s := seen.conns.Load(), o.Stats().Servers[0]; n != 5 || s.Retries != 0 {
		t.Errorf("%d connections, %+v", n, s)
	}
}

// RFC 9112 section 9.3.1: only what can be repeated is, once, on a fresh
// connection, and only if no byte of a response came.
func TestRetry(t *testing.T) {
	post := func() *Request {
		r := get()
		r.Method, r.Idempotent = []byte("POST"), false
		return r
	}
	put := func(b *text) func() *Request {
		return func() *Request {
			r := get()
			r.Method, r.Body = []byte("PUT"), b
			return r
		}
	}
	const timeout408 = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	for _, c := range []struct {
		name    string
		request func() *Request
		dying   []step // after the second request on the first connection
		want    error
		retries uint64
	}{
		{"end", get, script(), nil, 1},
		{"reset", get, script(reset), nil, 1},
		{"408 and end", get, script(say(timeout408)), nil, 1},
		{"half a head", get, script(say("HTTP/1.1 2")), new(Error), 0},
		{"not idempotent", post, script(), new(Error), 0},
		{"small body", put(textOf("hello", 5)), script(), nil, 1},
		{"streamed body", put(textOf(strings.Repeat("x", inlineBody+1), inlineBody+1)), script(body(inlineBody + 1)), new(Error), 0},
	} {
		config, seen := serve(t,
			append(script(request, say(hello), request), c.dying...),
			script(forever(request, say(hello))))
		o := start(t, config)
		wantFetch(t, o, 1, "hello")
		got, err := fetch(o, c.request())
		if (err == nil) != (c.want == nil) || err == nil && got != "hello" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		if s := o.Stats(); s.Servers[0].Retries != c.retries || s.Running != 0 || (s.Servers[0].Failures == [KindCount]uint64{}) != (err == nil) {
			t.Errorf("%s: %+v", c.name, s)
		}
		if n := seen.conns.Load(); n != 1+int32(c.retries) {
			t.Errorf("%s: %d connections", c.name, n)
		}
		o.Close()
	}
}

// A fresh connection that dies is the server's answer: no second try.
func TestNoRetryOfFresh(t *testing.T) {
	config, seen := serve(t, script(request))
	_, err := fetch(start(t, config), get())
	wantKind(t, err, ConnectionTerminated)
	if !errors.Is(err, errDead) || seen.conns.Load() != 1 {
		t.Errorf("%v, %d connections", err, seen.conns.Load())
	}
}

func TestIdleTimeoutAndCap(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	config, _ := serve(t, script(request, wait(release), say(hello), rest))
	config.IdleTimeout, config.KeepAlive = 200*time.Millisecond, 2
	o := start(t, config)
	done := make(chan error)
	for range 5 {
		go func() { _, err := fetch(o, get()); done <- err }()
	}
	eventually(t, "five run", func() bool { return o.Stats().Servers[0].Open == 5 })
	close(release)
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if s := o.Stats().Servers[0]; s.Idle != 2 || s.Open != 2 {
		t.Errorf("%+v", s)
	}
	eventually(t, "idle connections end", func() bool { return o.Stats().Servers[0].Open == 0 })
}

// Content that nobody reads is not waited for.
func TestCloseEarly(t *testing.T) {
	config, seen := serve(t, script(request, say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello"), rest))
	o := start(t, config)
	for range 2 {
		x, err := o.Fetch(context.Background(), get())
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
	if s := o.Stats(); seen.conns.Load() != 2 || s.Servers[0].Open != 0 || s.Running != 0 {
		t.Errorf("%+v", s)
	}
	// What came with the head does count.
	config, seen = serve(t, script(forever(request, say(hello))))
	o = start(t, config)
	for range 2 {
		x, err := o.Fetch(context.Background(), get())
		if err != nil {
			t.Fatal(err)
		}
		x.Close()
	}
	if seen.conns.Load() != 1 {
		t.Errorf("%d connections", seen.conns.Load())
	}
}

// After a reload requests may hold an Origin that was closed.
func TestFetchAfterClose(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(hello))))
	o := start(t, config)
	wantFetch(t, o, 1, "hello")
	o.Close()
	if s := o.Stats().Servers[0]; s.Open != 0 {
		t.Errorf("%+v", s)
	}
	wantFetch(t, o, 2, "hello")
	if s := o.Stats().Servers[0]; s.Open != 0 || seen.conns.Load() != 3 {
		t.Errorf("%+v", s)
	}
}

// The oldest idle connection of any server makes room for a new one.
func TestOpenIsBounded(t *testing.T) {
	one, _ := serve(t, script(forever(request, say(hello))))
	two, _ := serve(t, script(forever(request, say(hello))))
	one.Servers = append(one.Servers, two.Servers...)
	one.MaxConnections = 1
	o := start(t, one)
	for range 6 {
		wantFetch(t, o, 1, "hello")
		if s := o.Stats(); s.Servers[0].Open+s.Servers[1].Open != 1 {
			t.Fatalf("%+v", s)
		}
	}
}

func TestBalance(t *testing.T) {
	one, first := serve(t, script(forever(request, say(hello))))
	two, second := serve(t, script(forever(request, say(hello))))
	one.Servers = append(one.Servers, two.Servers...)
	one.Servers[0].Weight = 3
	o := start(t, one)
	wantFetch(t, o, 40, "hello")
	if a, b := len(first.all()), len(second.all()); a != 30 || b != 10 {
		t.Errorf("%d and %d requests, want 30 and 10", a, b)
	}
}

// A server that cannot be reached is passed over and left out; one that is
// listed twice counts twice.
func TestNextServer(t *testing.T) {
	c, seen := serve(t, script(forever(request, say(hello))))
	dead := configure("127.0.0.1:1").Servers[0]
	c.Servers = append(c.Servers, dead, dead)
	o := start(t, c)
	wantFetch(t, o, 9, "hello")
	s := o.Stats().Servers
	if len(s) != 2 || len(seen.all()) != 9 || s[1].Failures[ConnectionRefused] != 1 || s[1].Open != 0 {
		t.Errorf("%+v", s)
	}
	_, err := fetch(start(t, configure("127.0.0.1:1")), get())
	wantKind(t, err, ConnectionRefused)
}
