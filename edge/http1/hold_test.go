package http1

import (
	"io"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// held counts how often it was closed.
type held struct{ closed atomic.Int32 }

func (h *held) Close() error {
	h.closed.Add(1)
	return nil
}

// A handler's Hold belongs to one connection and lasts from request to request. It is
// closed once: with the connection, or when another Hold replaces it.
func TestHold(t *testing.T) {
	first, second, other := new(held), new(held), new(held)
	var seen atomic.Value
	f := &fake{serve: func(x *message.Exchange) {
		switch h, _ := x.Client.Held().(*held); string(x.Request.URL.Path) {
		case "/first":
			x.Client.Hold(first)
		case "/second":
			x.Client.Hold(second)
		case "/other":
			x.Client.Hold(other)
		default:
			seen.Store(h)
		}
		give(x, 200, "")
	}}
	s := start(t, f, engine.Config{})
	ask := func(c io.ReadWriter, path string) {
		t.Helper()
		io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n")
		expect(t, c, ok(""))
	}
	want := func(c io.ReadWriter, h *held) {
		t.Helper()
		if ask(c, "/"); seen.Load() != h {
			t.Errorf("held %p, want %p", seen.Load(), h)
		}
	}
	a, b := s.dial(), s.dial()
	want(a, nil)
	ask(a, "/first")
	ask(b, "/other")
	time.Sleep(20 * time.Millisecond) // the sessions go back
	want(a, first)
	want(b, other)
	ask(a, "/second")
	want(a, second)
	if first.closed.Load() != 1 || second.closed.Load() != 0 || other.closed.Load() != 0 {
		t.Errorf("closed %d, %d, %d times", first.closed.Load(), second.closed.Load(), other.closed.Load())
	}
	a.Close()
	for end := time.Now().Add(5 * time.Second); second.closed.Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if first.closed.Load() != 1 || second.closed.Load() != 1 || other.closed.Load() != 0 {
		t.Errorf("closed %d, %d, %d times", first.closed.Load(), second.closed.Load(), other.closed.Load())
	}
	want(b, other)
}
