package origin

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// halfClose ends the server's direction and leaves the other one open.
func halfClose(p *peer) { p.conn.(*net.TCPConn).CloseWrite() }

// ATTACKS.md R03 and RFC 9112 section 9.3.1: whatever comes on an idle
// connection, nothing is sent on it any more. So a request goes elsewhere even
// if it must not be repeated, at once, and that is no retry.
func TestSpoilt(t *testing.T) {
	const evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	large := strings.Repeat("x", inlineBody+1)
	for _, c := range []struct {
		what  string
		dying []step
	}{
		{"end", script()},
		{"end of one direction", script(halfClose)},
		{"reset", script(reset)},
		{"response", script(say(evil))},
		{"response and end", script(say(evil), halfClose)},
		{"one byte", script(say("H"))},
	} {
		for _, content := range []string{"", "hello", large} {
			idle, spoilt, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
			dies := append(script(request, say(hello), wait(idle)), c.dying...)
			config, seen := serve(t, append(dies, signal(spoilt), func(p *peer) {
				if len(c.dying) > 0 {
					<-over
				}
			}), script(request, body(int64(len(content))), say(hello), rest))
			o := start(t, config)
			wantFetch(t, o, 1, "hello")
			close(idle)
			<-spoilt
			time.Sleep(5 * time.Millisecond)
			r := get()
			r.Method, r.Idempotent = []byte("POST"), false
			if content != "" {
				r.Body = textOf(content, int64(len(content)))
			}
			began := time.Now()
			got, err := fetch(o, r)
			if err != nil || got != "hello" {
				t.Errorf("%s, %d bytes: %q, %v", c.what, len(content), got, err)
			}
			if took := time.Since(began); took > slack {
				t.Errorf("%s, %d bytes: took %s", c.what, len(content), took)
			}
			if s := o.Stats().Servers[0]; s.Retries != 0 || s.Reuses != 0 || s.Dials != 2 || s.Failures != [KindCount]uint64{} {
				t.Errorf("%s, %d bytes: %+v", c.what, len(content), s)
			}
			if heads := seen.all(); len(heads) != 2 || seen.conns.Load() != 2 {
				t.Errorf("%s, %d bytes: %q over %d connections", c.what, len(content), heads, seen.conns.Load())
			}
			close(over)
			o.Close()
		}
	}
}

// All spoilt connections are passed over, one after the other.
func TestManySpoilt(t *testing.T) {
	const n = 5
	idle, release := make(chan struct{}), make(chan struct{})
	config, seen := serve(t, script(request, wait(release), say(hello), wait(idle)))
	o := start(t, config)
	done := make(chan error)
	for range n {
		go func() { _, err := fetch(o, get()); done <- err }()
	}
	eventually(t, "all run", func() bool { return len(seen.all()) == n })
	close(release)
	for range n {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if s := o.Stats().Servers[0]; s.Idle != n {
		t.Fatalf("%+v", s)
	}
	close(idle)
	time.Sleep(20 * time.Millisecond)
	wantFetch(t, o, 1, "hello")
	if s := o.Stats().Servers[0]; s.Dials != n+1 || s.Retries != 0 || s.Open != s.Idle {
		t.Errorf("%+v", s)
	}
}

// A server that answers before it was asked, and says nothing more, is not
// waited for: what has come on a fresh connection before the wait counts.
func TestAnswerBeforeRequest(t *testing.T) {
	config, _ := serve(t, script(say(hello), halfClose, rest))
	o := start(t, config)
	c, err := o.open(context.Background(), &try{server: o.servers[0]})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	o.mu.Lock()
	s, _ := o.mu.queue.enter(unknownClient, quickLine)
	o.mu.Unlock()
	x, failure := o.sendOver(context.Background(), c, get(), nil, try{slot: s, server: o.servers[0], now: o.clock.now()})
	if failure != nil {
		t.Fatal(failure)
	}
	if got, err := readAll(x); got != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A head that the socket does not take at once goes out whole, on a fresh
// connection and on a kept one.
func TestLargeHead(t *testing.T) {
	const size = 16 << 20
	config, seen := serve(t, script(forever(sleep(5*time.Millisecond), request, say(hello))))
	o := start(t, config)
	r := get()
	r.Fields = fieldsOf("X", strings.Repeat("x", size), "Y", "z")
	for range 2 {
		if got, err := fetch(o, r); got != "hello" || err != nil {
			t.Fatalf("%q, %v", got, err)
		}
	}
	want := "GET / HTTP/1.1\r\nHost: a.test\r\nX: " + strings.Repeat("x", size) + "\r\nY: z\r\n\r\n"
	heads := seen.all()
	if len(heads) != 2 || heads[0] != want || heads[1] != want || seen.conns.Load() != 1 {
		t.Errorf("%d heads over %d connections", len(heads), seen.conns.Load())
	}
}

// Interim responses, the final head and the content may come in any pieces.
func TestPieces(t *testing.T) {
	whole := "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + hello
	trickle := []step{request}
	for i := range len(whole) {
		trickle = append(trickle, say(whole[i:i+1]), sleep(100*time.Microsecond))
	}
	config, seen := serve(t, script(forever(trickle...)))
	o := start(t, config)
	wantFetch(t, o, 3, "hello")
	if n := seen.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// Memory that the caller gave serves one exchange after the other, failed ones
// among them.
func TestInto(t *testing.T) {
	config, seen := serve(t,
		script(request, say(hello), request, say(hello), request),
		script(request, say("nonsense")),
		script(forever(request, say(hello))))
	o := start(t, config)
	r := get()
	r.Into = new(Response)
	for i, want := range []string{"hello", "hello", "", "hello", "hello"} {
		x, err := o.Fetch(context.Background(), r)
		if (err == nil) != (want != "") || err == nil && x != r.Into {
			t.Fatalf("fetch %d: %p, %v", i, x, err)
		}
		if err != nil {
			continue
		}
		if got, err := readAll(x); got != want || err != nil {
			t.Errorf("fetch %d: %q, %v", i, got, err)
		}
		x.Close()
	}
	if n := seen.conns.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	defer func() {
		if recover() == nil {
			t.Error("a response that is open was taken")
		}
	}()
	o.Fetch(context.Background(), r)
}

// A response that takes longer than connections may be idle does not count as
// idleness.
func TestSlowIsNotIdle(t *testing.T) {
	t.Parallel()
	config, seen := serve(t, script(forever(request, sleep(2*slack/3), say(hello))))
	config.IdleTimeout = slack / 3
	o := start(t, config)
	wantFetch(t, o, 3, "hello")
	if n := seen.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
