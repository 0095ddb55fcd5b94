package http1

import (
	"io"
	"net"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// An idle connection that has served a request is small: all of the process's
// memory counts, both ends' net.Conn included.
func TestIdleConnectionIsSmall(t *testing.T) {
	if underRace {
		t.Skip("the race detector has memory of its own")
	}
	const n, most = 1000, 8 << 10
	s := start(t, constant(1<<10), engine.Config{})
	reply := make([]byte, 2048)
	idle := func() net.Conn {
		nc := s.dial()
		io.WriteString(nc, browser)
		if _, err := io.ReadAtLeast(nc, reply, 1<<10); err != nil {
			t.Fatal(err)
		}
		return nc
	}
	idle()
	s.fake.lines(1)
	before := inUse()
	var kept []net.Conn
	for range n {
		kept = append(kept, idle())
	}
	each := (inUse() - before) / n
	if each > most {
		t.Errorf("%d bytes a connection, want at most %d", each, most)
	}
	runtime.KeepAlive(kept)
}

// inUse returns the bytes of heap and stacks once they have shrunk.
func inUse() int {
	for range 5 { // a stack is halved at each collection
		time.Sleep(10 * time.Millisecond)
		debug.FreeOSMemory()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// Memory of an exchange is not touched by the next, wherever it went.
func TestSessionsAreReused(t *testing.T) {
	f := &fake{try: func(x *message.Exchange) bool {
		if len(x.Reply.Body) != 0 || x.Reply.Head != nil || x.Request.Body != nil || x.Request.Upgrade != nil {
			t.Errorf("left behind: %+v", x)
		}
		x.Scratch = append(x.Scratch[:0], x.Request.URL.Target...)
		give(x, 200, string(x.Scratch))
		return true
	}}
	s := start(t, f, engine.Config{})
	for range 20 {
		got := s.talk("GET /a HTTP/1.1\r\nHost: H\r\n\r\nGET /bb HTTP/1.1\r\nHost: h\r\n\r\n")
		if want := ok("/a") + ok("/bb"); got != want {
			t.Fatalf("got %q", got)
		}
	}
}
