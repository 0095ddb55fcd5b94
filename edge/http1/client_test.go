package http1

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// RFC 9110 section 15.2: interim responses, as many as there are, at once.
func TestInterim(t *testing.T) {
	step := make(chan struct{})
	s := start(t, &fake{serve: func(x *message.Exchange) {
		for _, link := range []string{"a", "b"} {
			x.Client.Interim(103, fields("Link", link))
			<-step
		}
		x.Client.Interim(101, nil)
		x.Client.Interim(200, nil)
		echo(x)
	}}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.0\r\nHost: h\r\n\r\n")
	expect(t, nc, "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n")
	step <- struct{}{}
	expect(t, nc, "HTTP/1.1 103 Early Hints\r\nLink: b\r\n\r\n")
	close(step)
	expect(t, nc, ok("GET h /a\n")+okClose("GET h /b\n"))
}

// Answers that are ready do not wait for one that takes time.
func TestEarlierRepliesDoNotWait(t *testing.T) {
	release := make(chan struct{})
	s := start(t, &fake{
		try: func(x *message.Exchange) bool {
			if string(x.Request.URL.Target) == "/slow" {
				return false
			}
			give(x, 200, "hit")
			return true
		},
		serve: func(x *message.Exchange) { <-release; echo(x) },
	}, engine.Config{})
	nc := s.dial()
	io.WriteString(nc, "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, nc, ok("hit")+ok("hit"))
	close(release)
	expect(t, nc, ok("GET h /slow\n"))
}

// A close that comes with the last request is noticed although the wait that
// follows looks for nothing but news.
func TestCloseBehindRequest(t *testing.T) {
	s := start(t, constant(1), engine.Config{})
	nc := s.dial()
	reply := make([]byte, 1000)
	for range 5 {
		io.WriteString(nc, browser)
		nc.Read(reply)
	}
	io.WriteString(nc, browser)
	nc.CloseWrite()
	begin := time.Now()
	if _, err := io.ReadAll(nc); err != nil || time.Since(begin) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

// A fault of the handler's costs one exchange and one connection.
func TestPanics(t *testing.T) {
	boom := func(*message.Exchange) { panic("boom") }
	for _, c := range []struct {
		name string
		fake *fake
		want int
		log  string
	}{
		{"in TryServe", &fake{try: func(x *message.Exchange) bool { panic("boom") }}, 500, "panic boom\nGET / 500 47 true"},
		{"in Serve", &fake{serve: boom}, 500, "panic boom\nGET / 500 47 true"},
		{"in Serve after a part of the reply", &fake{serve: func(x *message.Exchange) {
			x.Reply.Head, x.Reply.Stream, x.Reply.Body = head(200), new(pieces), [][]byte{nil}
			panic("boom")
		}}, 500, "panic boom\nGET / 500 47 true"},
		{"in Done", &fake{serve: echo, done: boom}, 200, "panic boom"},
		{"in Next", &fake{serve: func(x *message.Exchange) {
			x.Reply.Head, x.Reply.Length, x.Reply.Stream = head(200), -1, new(faulty)
		}}, 200, "panic boom\nGET / 200 0 false"},
	} {
		s := start(t, c.fake, engine.Config{})
		got := s.talk("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
		if status(got) != c.want && got != "" && !strings.Contains(got, "reset") {
			t.Errorf("%s: got %q", c.name, got)
		}
		if got := c.fake.lines(strings.Count(c.log, "\n") + 1); got != c.log {
			t.Errorf("%s: recorded %q", c.name, got)
		}
	}
}

type faulty struct{ pieces }

func (faulty) Next(bool) ([]byte, error) { panic("boom") }

// Drain ends idle connections at once and others after their exchange, with
// "Connection: close".
func TestDrain(t *testing.T) {
	testDrain(t, start, func(s *server) net.Conn { return s.dial() })
}

// testDrain checks that Drain ends idle connections at once, and others after their exchange.
func testDrain(t *testing.T, start func(testing.TB, *fake, engine.Config) *server, dial func(*server) net.Conn) {
	t.Helper()
	busy, release := make(chan struct{}), make(chan struct{})
	s := start(t, &fake{serve: func(x *message.Exchange) {
		if string(x.Request.URL.Target) == "/slow" {
			busy <- struct{}{}
			<-release
		}
		echo(x)
	}}, engine.Config{})
	idle, working, fresh, begun := dial(s), dial(s), dial(s), dial(s)
	io.WriteString(idle, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, idle, ok("GET h /a\n"))
	io.WriteString(begun, "GET /b HTTP/1.1\r\nHost: h\r\n\r\nGET /c ")
	expect(t, begun, ok("GET h /b\n"))
	io.WriteString(working, "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
	<-busy
	time.Sleep(20 * time.Millisecond)
	s.Drain()
	if got, err := io.ReadAll(idle); len(got) != 0 || err != nil {
		t.Errorf("idle: got %q, %v", got, err)
	}
	io.WriteString(begun, "HTTP/1.1\r\nHost: h\r\n\r\n")
	io.WriteString(fresh, "GET /d HTTP/1.1\r\nHost: h\r\n\r\n")
	close(release)
	for nc, want := range map[io.Reader]string{working: okClose("GET h /slow\n"), begun: okClose("GET h /c\n"), fresh: okClose("GET h /d\n")} {
		if got, err := io.ReadAll(nc); string(got) != want || err != nil {
			t.Errorf("got %q, %v\nwant %q", got, err, want)
		}
	}
}

func TestCloseCutsOff(t *testing.T) {
	left := make(chan struct{})
	s := start(t, &fake{serve: func(x *message.Exchange) {
		_, err := io.ReadAll(x.Request.Body)
		if err == nil {
			err = errors.New("")
		}
		give(x, 200, err.Error())
		close(left)
	}}, engine.Config{})
	idle, working := s.dial(), s.dial()
	io.WriteString(working, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc")
	time.Sleep(20 * time.Millisecond)
	s.Close()
	<-left
	for _, nc := range []io.Reader{idle, working} {
		if got, _ := io.ReadAll(nc); len(got) != 0 {
			t.Errorf("got %q", got)
		}
	}
}

// Clients whose handlers wait are cut off all at once, and the handlers told.
func TestCloseCutsManyOff(t *testing.T) {
	const n = 50
	asked := make(chan struct{}, n)
	s := start(t, &fake{serve: func(x *message.Exchange) {
		gone := watchOf(x)
		asked <- struct{}{}
		<-gone
		give(x, 200, "")
	}}, engine.Config{IdleTimeout: time.Second})
	for range n {
		io.WriteString(s.dial(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	}
	for range n {
		<-asked
	}
	begin := time.Now()
	s.Close()
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}

// Whatever comes while a handler works is served afterwards, at once: requests
// that need no waiting, such that do, and such with content.
func TestInputDuringServe(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	s := start(t, &fake{
		try: func(x *message.Exchange) bool {
			if string(x.Request.URL.Target) != "/hit" {
				return false
			}
			give(x, 200, "hit")
			return true
		},
		serve: func(x *message.Exchange) {
			if string(x.Request.URL.Target) == "/slow" {
				busy <- struct{}{}
				<-release
			}
			echo(x)
		},
	}, engine.Config{})
	const (
		hit  = "GET /hit HTTP/1.1\r\nHost: h\r\n\r\n"
		slow = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"
		miss = "GET /miss HTTP/1.1\r\nHost: h\r\n\r\n"
		post = "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
	)
	answers := map[string]string{hit: ok("hit"), miss: ok("GET h /miss\n"), post: ok("POST h /post 3 \"abc\"\n")}
	for _, then := range [][]string{{hit}, {miss}, {post}, {hit, miss, post, hit}, {post, post, miss, miss}, {miss, hit, hit, post}} {
		nc := s.dial()
		for round := range 3 {
			io.WriteString(nc, slow)
			<-busy
			want := ok("GET h /slow\n")
			for _, request := range then {
				io.WriteString(nc, request)
				want += answers[request]
			}
			begin := time.Now()
			release <- struct{}{}
			expect(t, nc, want)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("round %d of %q: took %s", round, then, took)
			}
		}
	}
}

// A reply that breaks off takes nothing from the replies before it, which the
// client may not have read yet, and is seen to be incomplete.
func TestBrokenReplyLeavesEarlierOnes(t *testing.T) {
	large := strings.Repeat("x", 2<<20)
	s := start(t, &fake{serve: func(x *message.Exchange) {
		if string(x.Request.URL.Target) == "/large" {
			give(x, 200, large)
			return
		}
		x.Reply.Head, x.Reply.Length, x.Reply.Stream = head(200), -1, &pieces{list: []string{"begun"}, err: errors.New("the origin broke off")}
		if string(x.Request.URL.Target) == "/known" {
			x.Reply.Length = 100
		}
	}}, engine.Config{})
	for _, then := range []string{"/known", "/chunked"} {
		nc := s.dial()
		io.WriteString(nc, "GET /large HTTP/1.1\r\nHost: h\r\n\r\nGET "+then+" HTTP/1.1\r\nHost: h\r\n\r\nGET /unread HTTP/1.1\r\nHost: h\r\n\r\n")
		time.Sleep(50 * time.Millisecond) // the node is done with it
		expect(t, nc, ok(large))
		rest, err := io.ReadAll(nc)
		if err != nil || !strings.Contains(string(rest), "begun") || strings.HasSuffix(string(rest), "0\r\n\r\n") {
			t.Errorf("%s: %q, %v", then, rest, err)
		}
	}
	// Without a length only a reset shows it (RFC 9112 section 8).
	nc := s.dial()
	io.WriteString(nc, "GET /open HTTP/1.0\r\nHost: h\r\n\r\n")
	if rest, err := io.ReadAll(nc); err == nil {
		t.Errorf("/open: %q ended cleanly", rest)
	}
}
