package origin

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// next returns what Next(true) does. Half of the times it waits by Notify, as one
// goroutine that serves many streams does.
func next(s *Response) ([]byte, error) {
	if rand.IntN(2) == 0 {
		return s.Next(true)
	}
	for {
		b, err := s.Next(false)
		if len(b) > 0 || err != nil {
			return b, err
		}
		ready := make(chan struct{})
		s.Notify(func() { close(ready) })
		<-ready
	}
}

func begin(t *testing.T, steps ...step) (*Origin, *Response) {
	t.Helper()
	config, _ := serve(t, append(script(request), steps...))
	o := start(t, config)
	x, err := o.Fetch(context.Background(), get())
	if err != nil {
		t.Fatal(err)
	}
	return o, x
}

// A response whose content is still to come says when it does, or that it will not.
func TestResponseNotifies(t *testing.T) {
	for _, c := range []struct {
		name, rest string
		want       string
		broken     bool
	}{
		{"content", "5\r\nhello\r\n0\r\n\r\n", "hello", false},
		{"end", "0\r\n\r\n", "", false},
		{"end of the connection", "", "", true},
		{"fault", "x\r\n", "", true},
	} {
		more := make(chan struct{})
		o, x := begin(t, say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), wait(more), say(c.rest))
		if data, err := x.Next(false); len(data) > 0 || err != nil {
			t.Fatalf("%s: %q, %v", c.name, data, err)
		}
		var calls atomic.Int32
		ready := make(chan struct{}, 10)
		x.Notify(func() { calls.Add(1); ready <- struct{}{} })
		if data, err := x.Next(false); len(data) > 0 || err != nil || calls.Load() != 0 {
			t.Fatalf("%s: %q, %v before there is anything", c.name, data, err)
		}
		close(more)
		<-ready
		data, err := x.Next(false)
		if string(data) != c.want || c.want == "" && err == nil || c.broken != errors.Is(err, ErrIncomplete) {
			t.Errorf("%s: %q, %v", c.name, data, err)
		}
		x.Close()
		if n := calls.Load(); n != 1 {
			t.Errorf("%s: told %d times", c.name, n)
		}
		o.Close()
	}
}

// Close ends the wait for content, and says nothing.
func TestClosedResponseDoesNotNotify(t *testing.T) {
	more := make(chan struct{})
	o, x := begin(t, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), wait(more))
	x.Notify(func() { t.Error("told of nothing") })
	x.Close()
	close(more)
	o.Close()
}

// After Close nothing uses the response: its memory may serve another fetch at once.
func TestNotifyLeavesMemory(t *testing.T) {
	config, _ := serve(t, script(forever(request, say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), sleep(time.Millisecond), say("hello"))))
	o := start(t, config)
	r := get()
	r.Into = new(Response)
	for range 200 {
		x, err := o.Fetch(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		x.Notify(func() {})
		if data, err := x.Next(true); string(data) != "hello" {
			t.Fatalf("%q, %v", data, err)
		}
		x.Close()
	}
}
