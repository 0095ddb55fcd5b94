package origin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// readAhead has the rest of x read ahead of its client, and waits for it.
func readAhead(o *Origin, x *Response) {
	o.mu.Lock()
	o.readAheadLocked(o.clock.now() + time.Minute)
	o.mu.Unlock()
	x.delivery.Lock()
	b := x.delivery.backlog
	x.delivery.Unlock()
	<-b.ended
}

// A response that was read ahead to its end is whole, also if its slot is taken away
// afterwards because the request is still being sent: what ends well has all of it.
func TestWholeBacklogStays(t *testing.T) {
	t.Parallel()
	const size = 200_000
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size))
	config, _ := serve(t, script(request, say(answer), rest))
	o := start(t, config)
	x := deliverTo(t, o, post(stalled("", 1<<20)))
	defer x.Close()
	got := x.given
	readAhead(o, x)
	o.mu.Lock()
	o.revokeLocked(nil, x.slot, errSlowClient)[0].abort()
	o.mu.Unlock()
	rest, err := readAll(x)
	if got += len(rest); err == nil && got != size {
		t.Errorf("%d bytes of %d, and a clean end", got, size)
	}
	if used := o.memory.responses.used.Load(); used != 0 || o.Stats().Running != 0 {
		t.Errorf("%d bytes stay in use, %+v", used, o.Stats())
	}
}

// Where what was read ahead is dropped, with the slot, nothing of what comes behind it
// is given to the client: the connection may go on for a moment.
func TestCutBacklogLeavesNoHole(t *testing.T) {
	t.Parallel()
	const size = backlogMax + 100_000
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size))
	config, _ := serve(t, script(request, say(answer), rest))
	o := start(t, config)
	x := deliverTo(t, o, get())
	defer x.Close()
	readAhead(o, x)
	o.mu.Lock()
	o.revokeLocked(nil, x.slot, errSlowClient)
	o.mu.Unlock()
	for {
		data, err := next(x)
		if len(data) > 0 {
			t.Fatalf("%d bytes from behind the hole", len(data))
		}
		if err != nil {
			wantKind(t, err, SlowClient)
			break
		}
	}
	x.Close()
	if used := o.memory.responses.used.Load(); used != 0 || o.Stats().Running != 0 || !x.Revoked() {
		t.Errorf("%d bytes stay in use, %+v", used, o.Stats())
	}
}

// An exchange that loses its slot after its response was put away for a retry does not
// end the connection that it had: another exchange may have it by now.
func TestRevokeAfterRetry(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}), make(chan struct{})
	bad, _ := serve(t, script(request, say("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"),
		request, signal(asked), wait(goOn), say(hello), rest), script(request, say(hello)))
	config := configure(bad.Servers[0].Host + ":" + bad.Servers[0].Port)
	config.Retries = 1
	o := start(t, config)

	// The first half of a fetch that goes on to another server.
	try, err := o.admit(context.Background(), get(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, failure := o.connect(context.Background(), &try)
	if failure != nil {
		t.Fatal(failure)
	}
	x, failure := o.sendOver(context.Background(), c, get(), nil, try)
	if failure != nil {
		t.Fatal(failure)
	}
	x.retire(park)
	if n := o.Stats().Servers[0].Idle; n != 1 {
		t.Fatal(n, "are idle")
	}

	done := make(chan error, 1)
	go func() {
		r := get()
		r.Method, r.Idempotent = []byte("POST"), false
		got, err := fetch(o, r)
		if err == nil && got != "hello" {
			err = errors.New(got)
		}
		done <- err
	}()
	<-asked
	o.mu.Lock()
	ended := o.revokeLocked(nil, try.slot, errUnwanted)
	o.mu.Unlock()
	for _, c := range ended {
		c.Abort()
	}
	time.Sleep(20 * time.Millisecond) // an abort has a goroutine of its own
	close(goOn)
	if err := <-done; err != nil {
		t.Error("another exchange:", err)
	}
	o.leave(try.slot)
	if s := o.Stats(); s.Running != 0 {
		t.Errorf("%+v", s)
	}
}

// Nothing uses the body of a request any more once its response is closed, also if the
// exchange loses its slot at that moment: it is stopped before it can end.
func TestRevokeStopsBody(t *testing.T) {
	o := start(t, configure("127.0.0.1:1"))
	b := stalled("", 1<<20)
	o.mu.Lock()
	s, _ := o.mu.queue.enter(unknownClient, quickLine)
	s.upload.Store(newContent(b, o.clock, &o.memory.uploads))
	o.revokeLocked(nil, s, errSlowClient)
	o.mu.Unlock()
	if _, err := b.Read(nil); err != errStopped {
		t.Error("the exchange may end now, and its body is not stopped:", err)
	}
}

// alert is content whose Stop tells.
type alert struct {
	*text
	onStop func()
}

func (a *alert) Stop() {
	a.onStop()
	a.text.Stop()
}

// Nor does Abort stop a body whose request has ended meanwhile.
func TestAbortStopsBody(t *testing.T) {
	o := start(t, configure("127.0.0.1:1"))
	a := &alert{text: stalled("", 100)}
	a.onStop = func() {
		if o.mu.TryLock() {
			o.mu.Unlock()
			t.Error("the exchange may have ended, and its body is stopped")
		}
	}
	done := make(chan error)
	go func() {
		r := post(a.text)
		r.Body = a
		_, err := fetch(o, r)
		done <- err
	}()
	eventually(t, "it is read in advance", func() bool { return a.reads.Load() > 0 })
	o.Abort()
	wantKind(t, <-done, Cancelled)
}
