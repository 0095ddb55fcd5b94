package http1

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// Whatever clients do, and whatever gives way for others meanwhile, all is counted out in
// the end: bytes, places, and what each client has.
func TestAllIsCountedOut(t *testing.T) {
	large := strings.Repeat("large ", 100_000)
	f := &fake{silent: true}
	f.try = func(x *message.Exchange) bool {
		switch string(x.Request.URL.Target) {
		case "/hit":
			give(x, 200, "hit")
		case "/large":
			give(x, 200, large)
		default:
			return false
		}
		return true
	}
	var far atomic.Int64
	f.serve = func(x *message.Exchange) {
		if x.Limit != message.ReasonNone {
			give(x, 503, "limit")
			return
		}
		if x.Request.Upgrade != nil {
			near, other := net.Pipe()
			far.Add(1)
			go func() {
				defer far.Add(-1)
				io.Copy(other, other)
				other.Close()
			}()
			x.Reply.Head, x.Reply.Tunnel = head(200), near
			return
		}
		if string(x.Request.URL.Target) == "/early" {
			give(x, 200, "early")
			return
		}
		time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond)
		echo(x)
	}
	const places, each, requests = 30, 25, 20
	s, limits := limited(t, f, engine.Config{HeadTimeout: 300 * time.Millisecond, IdleTimeout: 200 * time.Millisecond, BodyTimeout: 300 * time.Millisecond},
		engine.Capacity{Connections: places, Waiting: 20 * (Cost + busyCost), All: 30 * (Cost + busyCost)}, engine.GateConfig{PerClient: each, Requests: requests})
	var crowd sync.WaitGroup
	for i := range 50 {
		crowd.Go(func() {
			for range 30 {
				visit(t, s, rand.New(rand.NewPCG(uint64(i), rand.Uint64())))
			}
		})
	}
	crowd.Wait()
	eventually(t, "the end of all connections", func() bool {
		used, open := limits.Used()
		return used == 0 && open == 0 && far.Load() == 0
	})
	for c := range engine.CauseCount {
		t.Logf("%v: %d", c, limits.Count(c))
	}
	// The client has again all that a client may have.
	for i := range each {
		nc := s.dial()
		io.WriteString(nc, "GET /hit HTTP/1.1\r\nHost: h\r\n\r\n")
		expect(t, nc, ok("hit"))
		if n := limits.Count(engine.ClientEvicted); i == 0 {
			defer func() {
				if after := limits.Count(engine.ClientEvicted); after != n {
					t.Errorf("%d connections of the client have given way to as many as it may have", after-n)
				}
			}()
		}
	}
}

func visit(t *testing.T, s *server, random *rand.Rand) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return
	}
	nc := conn.(*net.TCPConn)
	nc.SetDeadline(time.Now().Add(20 * time.Second))
	defer nc.Close()
	if random.IntN(4) == 0 {
		nc.SetLinger(0)
	}
	get := func(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	long := "X: " + strings.Repeat("x", random.IntN(30_000)) + "\r\n"
	var b strings.Builder
	for range 1 + random.IntN(4) {
		switch random.IntN(12) {
		case 0:
			b.WriteString(get("/hit"))
		case 1:
			b.WriteString(get("/miss"))
		case 2:
			b.WriteString(get("/large"))
		case 3:
			b.WriteString(strings.Replace(get("/miss"), "Host", long+"Host", 1))
		case 4:
			b.WriteString(strings.Replace(get("/hit"), "Host", long+"Host", 1))
		case 5:
			fmt.Fprintf(&b, "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n%s", strings.Repeat("y", random.IntN(2)*10_000))
		case 6:
			b.WriteString("POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n")
		case 7:
			b.WriteString("POST /early HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
		case 8:
			b.WriteString(switchTo)
		case 9:
			b.WriteString(get("/hit")[:random.IntN(20)])
		case 10:
			b.WriteString("GET /\x00 HTTP/1.1\r\n\r\n")
		case 11:
			b.WriteString("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n")
		}
	}
	text := b.String()
	for len(text) > 0 {
		n := min(len(text), 1+random.IntN(5000))
		if _, err := io.WriteString(nc, text[:n]); err != nil {
			return
		}
		text = text[n:]
		if random.IntN(3) == 0 {
			time.Sleep(time.Duration(random.IntN(3)) * time.Millisecond)
		}
	}
	switch random.IntN(5) {
	case 0:
	case 1:
		nc.CloseWrite()
		io.Copy(io.Discard, nc)
	case 2:
		time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
	default:
		p := make([]byte, 1+random.IntN(100_000))
		nc.SetReadDeadline(time.Now().Add(time.Duration(random.IntN(50)) * time.Millisecond))
		io.ReadFull(nc, p)
	}
}
