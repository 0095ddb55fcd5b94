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

// A canceller aborts attached work once. It aborts work that is attached after Cancel
// at once, and none that was detached or attached before Reset.
func TestCanceller(t *testing.T) {
	var l Canceller
	var attached, detached, late, next counted
	l.Attach(&attached)
	l.Attach(&detached)
	done := l.Done()
	if !l.detach(&detached) || l.detach(&detached) {
		t.Error("detached none, or twice")
	}
	if l.Err() != nil {
		t.Error(l.Err())
	}
	l.Cancel()
	l.Cancel()
	<-done
	<-l.Done()
	l.Attach(&late)
	if l.detach(&attached) || l.Err() != context.Canceled {
		t.Errorf("after Cancel: %v", l.Err())
	}
	l.Reset()
	l.Attach(&next)
	if l.Err() != nil || !l.detach(&next) {
		t.Errorf("after a reset: %v", l.Err())
	}
	select {
	case <-l.Done():
		t.Error("done after a reset")
	default:
	}
	l.Cancel()
	if attached != 1 || detached != 0 || late != 1 || next != 0 {
		t.Errorf("aborted %d, %d, %d, %d times", attached, detached, late, next)
	}
}

// A fetch that has ended is not attached any more: its connection may serve others
// after Cancel.
func TestCancellerAfterFetch(t *testing.T) {
	config, seen := serve(t, script(forever(request, say(hello))))
	o := start(t, config)
	var l Canceller
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
	if len(l.attached) != 0 {
		t.Errorf("%d attached", len(l.attached))
	}
	l.Cancel()
	wantFetch(t, o, 1, "hello")
	if n := seen.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestCancellerEndsTunnel(t *testing.T) {
	config, _ := serve(t, script(request, say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), rest))
	o := start(t, config)
	var l Canceller
	r := get()
	r.Upgrade = []byte("x")
	x, err := o.Fetch(&l, r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	tunnel := x.Tunnel()
	time.AfterFunc(short, l.Cancel)
	if n, err := tunnel.Read(make([]byte, 1)); err == nil || err == io.EOF {
		t.Errorf("%d, %v", n, err)
	}
	tunnel.Close()
	wantNothingLeft(t, "after Close", o)
}
