package http1

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/store"
)

// limited starts an engine whose connections have limits.
func limited(t *testing.T, f *fake, c engine.Config, l engine.Capacity, g engine.GateConfig) (*server, *engine.Limits) {
	t.Helper()
	limits := engine.NewLimits(l)
	g.Cost = Cost
	gate := limits.Gate(g)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if c.Now == nil {
		c.Now = func() store.Instant { return 784111777 * store.Second }
	}
	e := New(f, c, f)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			a := gate.Admit(nc.RemoteAddr().(*net.TCPAddr).AddrPort().Addr())
			if a == nil {
				nc.Close()
				continue
			}
			running.Go(func() {
				defer a.Close()
				e.Serve(engine.NewConn(nc), a)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		gate.Shut()
		e.Close()
		running.Wait()
		if used, open := limits.Used(); used != 0 || open != 0 {
			t.Errorf("%d bytes and %d connections are left", used, open)
		}
	})
	return &server{Engine: e, t: t, addr: ln.Addr().String(), fake: f}, limits
}

var plenty = engine.Capacity{Connections: 1000, Waiting: 1 << 30}

// eventually polls until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// closed reports whether the other side ends the connection, by whatever means, without
// a byte.
func closed(nc net.Conn) bool {
	n, err := nc.Read(make([]byte, 1))
	return n == 0 && err != nil && !isTimeout(err)
}

// A part of a head takes what it is long, and nothing is counted once it is whole.
func TestPartOfHead(t *testing.T) {
	s, limits := limited(t, &fake{try: func(x *message.Exchange) bool { give(x, 200, "y"); return true }, silent: true}, engine.Config{}, plenty, engine.GateConfig{})
	for _, r := range []struct{ length, most int64 }{{40, 256}, {1000, 2 << 10}, {4000, 8 << 10}, {20_000, 32 << 10}, {32_000, 36 << 10}} {
		nc := s.dial()
		part := "GET / HTTP/1.1\r\nHost: h\r\nX: "
		part += strings.Repeat("x", int(r.length)-len(part))
		io.WriteString(nc, part[:10])
		time.Sleep(5 * time.Millisecond)
		io.WriteString(nc, part[10:])
		var held int64
		eventually(t, "what a part of a head holds", func() bool {
			used, _ := limits.Used()
			held = used - Cost
			return held >= r.length
		})
		if held > r.most {
			t.Errorf("%d bytes of a head hold %d", r.length, held)
		}
		io.WriteString(nc, "\r\n\r\n")
		expect(t, nc, ok("y"))
		eventually(t, "the end of the head", func() bool { used, _ := limits.Used(); return used == Cost })
		nc.Close()
		eventually(t, "the end of the connection", func() bool { used, _ := limits.Used(); return used == 0 })
	}
}

// However the bytes of pipelined requests are cut, they are the same requests.
func TestPartsOfHeads(t *testing.T) {
	s, _ := limited(t, &fake{silent: true}, engine.Config{}, plenty, engine.GateConfig{})
	long := "GET /long HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n"
	middle := "GET /middle HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 6000) + "\r\n\r\n"
	in := "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n" + long + "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + middle +
		"\r\nGET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
	want := ok("GET h /a\n") + ok("GET h /long\n") + ok("POST h /b 3 \"abc\"\n") + ok("GET h /middle\n") + okClose("GET h /c\n")
	for _, size := range []int{1, 2, 7, 1000, 4095, 4096, 4097, 9000, 1 << 20} {
		nc := s.dial()
		nc.SetNoDelay(true)
		go func() {
			for i := 0; i < len(in); i += size {
				io.WriteString(nc, in[i:min(i+size, len(in))])
				if i%(64*size) == 0 { // so that the engine has waited now and then
					time.Sleep(100 * time.Microsecond)
				}
			}
		}()
		got, err := io.ReadAll(nc)
		if string(got) != want {
			t.Errorf("in pieces of %d: %v, %q", size, err, got)
		}
		nc.Close()
	}
}

// What has come least far gives way when memory is short: the node itself goes on.
func TestHeadsGiveWay(t *testing.T) {
	s, limits := limited(t, &fake{try: func(x *message.Exchange) bool { give(x, 200, "y"); return true }, silent: true}, engine.Config{},
		engine.Capacity{Connections: 1000, Waiting: 20 * (Cost + 16<<10)}, engine.GateConfig{})
	idle := s.dial()
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, idle, ok("y"))
	half := "GET / HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 15_000)
	first := s.dial()
	io.WriteString(first, half)
	eventually(t, "the first head", func() bool { used, _ := limits.Used(); return used > 2*Cost })
	time.Sleep(1100 * time.Millisecond)
	for range 60 {
		io.WriteString(s.dial(), half)
	}
	if !closed(first) {
		t.Error("the oldest head has not given way")
	}
	// Of 61 heads 21 fit, or 22 while some are still coming.
	eventually(t, "heads to give way", func() bool { return limits.Count(engine.HeadEvicted) >= 35 })
	eventually(t, "memory to be given back", func() bool { used, _ := limits.Used(); return used <= 20*(Cost+16<<10) })
	// A client whose head comes at once is served.
	nc := s.dial()
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, nc, ok("y"))
}

// An idle connection gives way to a new one; one with a request under way gets its reply.
func TestIdleGivesWay(t *testing.T) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	f := &fake{silent: true, serve: func(x *message.Exchange) {
		if string(x.Request.URL.Target) == "/wait" {
			<-release
		}
		give(x, 200, "y")
	}}
	s, limits := limited(t, f, engine.Config{}, engine.Capacity{Connections: 2, Waiting: 1 << 30}, engine.GateConfig{PerClient: 10})
	t.Cleanup(free)
	busy, idle := s.dial(), s.dial()
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, idle, ok("y"))
	io.WriteString(busy, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n")
	eventually(t, "the request", func() bool { used, _ := limits.Used(); return used > 2*Cost })
	next := s.dial()
	io.WriteString(next, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	expect(t, next, ok("y"))
	if !closed(idle) || limits.Count(engine.IdleEvicted) != 1 {
		t.Error("the idle connection has not given way")
	}
	free()
	expect(t, busy, ok("y"))
}

// A request that came just when its connection was to give way is answered.
func TestLeaveDuringRequest(t *testing.T) {
	var c *conn
	f := &fake{silent: true}
	e := New(f, engine.Config{Now: func() store.Instant { return 0 }}, f)
	f.try = func(x *message.Exchange) bool {
		c.Leave()
		give(x, 200, "y")
		return true
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c = newConn(e, engine.NewConn(far), nil)
	io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	c.run()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	got, err := io.ReadAll(nc)
	if string(got) != okClose("y") || err != nil {
		t.Errorf("answered %q, %v", got, err)
	}
}

// The handler is told why a request must be refused; what is answered at once is not.
func TestLimitsOfRequests(t *testing.T) {
	release := make(chan struct{})
	free := sync.OnceFunc(func() { close(release) })
	f := &fake{silent: true, serve: func(x *message.Exchange) {
		if x.Limit != message.ReasonNone {
			give(x, 429, x.Limit.String())
			return
		}
		<-release
		give(x, 200, "y")
	}, try: func(x *message.Exchange) bool {
		if string(x.Request.URL.Target) != "/hit" {
			return false
		}
		give(x, 200, "hit")
		return true
	}}
	trusted := message.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	s, limits := limited(t, f, engine.Config{Trusted: trusted}, engine.Capacity{Connections: 1000, Waiting: 200 << 10, All: 210 << 10},
		engine.GateConfig{Requests: 2, Exempt: trusted})
	t.Cleanup(free)
	ask := func(target, client string) net.Conn {
		nc := s.dial()
		fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: %s\r\n\r\n", target, client)
		return nc
	}
	waiting := []net.Conn{ask("/a", "192.0.2.1"), ask("/b", "192.0.2.1")}
	eventually(t, "the requests", func() bool { used, _ := limits.Used(); return used >= 2*(Cost+busyCost) })
	refused := func(nc net.Conn, why string) {
		t.Helper()
		expect(t, nc, strings.Replace(ok(why), "200 OK", "429 Too Many Requests", 1))
		nc.Close()
	}
	refused(ask("/c", "192.0.2.1"), "client-requests")
	expect(t, ask("/hit", "192.0.2.1"), ok("hit"))
	for i := range 3 {
		waiting = append(waiting, ask("/d", fmt.Sprintf("192.0.2.%d", 10+i)))
	}
	eventually(t, "more requests", func() bool { used, _ := limits.Used(); return used >= 5*(Cost+busyCost) })
	refused(ask("/e", "192.0.2.20"), "memory")
	if limits.Count(engine.RequestRefused) != 1 || limits.Count(engine.RequestMemory) != 1 {
		t.Error("the refusals are not counted")
	}
	free()
	for _, nc := range waiting {
		expect(t, nc, ok("y"))
	}
}
