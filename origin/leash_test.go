package origin

import (
	"context"
	"io"
	"testing"
	"time"
)

// counted counts how often it was aborted.
type counted int

func (c *counted) Abort() { *c++ }

// A leash aborts once what it holds, at once what it holds after it was cut, and
// nothing that was released or held before a reset.
func TestLeash(t *testing.T) {
	var l Leash
	var held, released, late, next counted
	l.Hold(&held)
	l.Hold(&released)
	done := l.Done()
	if !l.Release(&released) || l.Release(&released) {
		t.Error("released none, or twice")
	}
	if l.Err() != nil {
		t.Error(l.Err())
	}
	l.Cut()
	l.Cut()
	<-done
	<-l.Done()
	l.Hold(&late)
	if l.Release(&held) || l.Err() != context.Canceled {
		t.Errorf("after the cut: %v", l.Err())
	}
	l.Reset()
	l.Hold(&next)
	if l.Err() != nil || !l.Release(&next) {
		t.Errorf("after a reset: %v", l.Err())
	}
	select {
	case <-l.Done():
		t.Error("done after a reset")
	default:
	}
	l.Cut()
	if held != 1 || released != 0 || late != 1 || next != 0 {
		t.Errorf("aborted %d, %d, %d, %d times", held, released, late, next)
	}
}

// A fetch that has ended is not held any more: its connection may serve others
// when the leash is cut.
func TestLeashAfterFetch(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(hello))))
	o := start(t, config)
	var l Leash
	r := get()
	for range 3 {
		x, err := o.Fetch(&l, r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(x); got != "hello" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if len(l.held) != 0 {
		t.Errorf("%d held", len(l.held))
	}
	l.Cut()
	wantFetch(t, o, 1, "hello")
	if n := seen.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestLeashEndsTunnel(t *testing.T) {
	config, _ := serve(t, script(request, say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), rest))
	o := start(t, config)
	var l Leash
	r := get()
	r.Upgrade = []byte("x")
	x, err := o.Fetch(&l, r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	tunnel := x.Tunnel()
	time.AfterFunc(short, l.Cut)
	if n, err := tunnel.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	tunnel.Close()
	wantNothingLeft(t, "after Close", o)
}
