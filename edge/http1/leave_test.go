package http1

import (
	"io"
	"strings"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// only returns the engine's connection, once there is one.
func (s *server) only() (found *conn) {
	s.t.Helper()
	eventually(s.t.(*testing.T), "the connection", func() bool {
		s.Each(func(c engine.Tracked) { found = c.(*conn) })
		return found != nil
	})
	return found
}

// A request that has come whole is answered, although its connection is asked to leave
// before anybody has looked: on a new connection, in the middle of a head and on one that
// was idle.
func TestLeaveBehindRequest(t *testing.T) {
	s, limits := limited(t, &fake{try: func(x *message.Exchange) bool { give(x, 200, "y"); return true }, silent: true}, engine.Config{}, plenty, engine.GateConfig{})
	const request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
	for _, before := range []string{"", request[:20], request} {
		for range 300 {
			nc := s.dial()
			c := s.only()
			eventually(t, "the wait", func() bool { return engine.Stage(c.stage.Load()) == engine.Head })
			rest := request
			switch before {
			case request:
				io.WriteString(nc, before)
				expect(t, nc, ok("y"))
			case "":
			default:
				io.WriteString(nc, before)
				eventually(t, "the first part", func() bool { used, _ := limits.Used(); return used > Cost })
				rest = request[len(before):]
			}
			io.WriteString(nc, rest)
			c.Leave()
			nc.SetDeadline(time.Now().Add(10 * time.Second))
			got, err := io.ReadAll(nc)
			if string(got) != okClose("y") && string(got) != ok("y") || err != nil {
				t.Fatalf("after %q: answered %q, %v", before, got, err)
			}
			nc.Close()
			eventually(t, "the end", func() bool { _, open := limits.Used(); return open == 0 })
		}
	}
}

// A connection that is asked to leave ends, whatever part of a head comes at that moment.
func TestLeaveBehindPart(t *testing.T) {
	s, limits := limited(t, &fake{try: func(x *message.Exchange) bool { give(x, 200, "y"); return true }, silent: true}, engine.Config{HeadTimeout: time.Hour, IdleTimeout: time.Hour}, plenty, engine.GateConfig{})
	for range 300 {
		nc := s.dial()
		c := s.only()
		io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
		expect(t, nc, ok("y"))
		io.WriteString(nc, "GET / HTT")
		c.Leave()
		nc.SetDeadline(time.Now().Add(10 * time.Second))
		if !closed(nc) {
			t.Fatal("the connection stays")
		}
		nc.Close()
		eventually(t, "the end", func() bool { _, open := limits.Used(); return open == 0 })
	}
}

// A tunnel counts with the head that began it, which is held until its end.
func TestTunnelCountsHead(t *testing.T) {
	f, peers := tunnelTo(t)
	s, limits := limited(t, f, engine.Config{}, plenty, engine.GateConfig{})
	nc := s.dial()
	io.WriteString(nc, strings.Replace(switchTo, "Host: h", "Host: h\r\nX: "+strings.Repeat("x", 20_000), 1))
	expect(t, nc, switched)
	far := <-peers
	defer far.Close()
	io.WriteString(far, "hello")
	expect(t, nc, "hello")
	if used, _ := limits.Used(); used < Cost+busyCost+tunnelCost+20_000 {
		t.Errorf("a tunnel with a head of 20,000 bytes counts with %d", used)
	}
}

// A request under way counts with the copies of its head and of its target that are made
// on the way to the origin, and with the content that is on its way.
func TestRequestCountsCopies(t *testing.T) {
	release := make(chan struct{})
	s, limits := limited(t, &fake{silent: true, serve: func(x *message.Exchange) {
		<-release
		give(x, 200, "y")
	}}, engine.Config{}, plenty, engine.GateConfig{})
	const n = 15_000
	long := strings.Repeat("x", n)
	before := int64(0)
	// Measured with a node of 1200 such requests: RssAnon for each of them, less that of a small one.
	for _, r := range []struct {
		request string
		least   int64
	}{
		{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 28_000},
		{"GET / HTTP/1.1\r\nHost: h\r\nX: " + long + "\r\nY: " + long + "\r\n\r\n", 28_000 + 85_000},
		{"GET /" + long + " HTTP/1.1\r\nHost: h\r\n\r\n", 28_000 + 90_000},
		{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n", 28_000 + 50_000},
	} {
		io.WriteString(s.dial(), r.request)
		var held int64
		eventually(t, "the request", func() bool {
			used, _ := limits.Used()
			held = used - before - Cost
			return held >= busyCost
		})
		if held < r.least {
			t.Errorf("%.20q counts with %d, takes %d", r.request, held, r.least)
		}
		before += held + Cost
	}
	close(release)
}
