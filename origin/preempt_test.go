package origin

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// page is a response with n bytes of content.
func page(n int) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", n, strings.Repeat("x", n))
}

// from is get from a client.
func from(addr string) *Request {
	r := get()
	r.Client = netip.MustParseAddr(addr)
	return r
}

// deliverTo fetches, takes the first bytes and leaves the rest, as the client does not
// take them.
func deliverTo(t *testing.T, o *Origin, r *Request) *Response {
	t.Helper()
	x, err := o.Fetch(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := next(x); len(b) == 0 || err != nil {
		t.Fatal(len(b), err)
	}
	return x
}

// pages starts an origin whose server sends n bytes as often as it is asked.
func pages(t *testing.T, n, connections int) *Origin {
	config, _ := serve(t, script(forever(request, say(page(n)))))
	config.MaxConnections = connections
	return start(t, config)
}

// A response that has been read to its end holds no slot, though the client has
// yet to take it.
func TestReadResponseHasNoSlot(t *testing.T) {
	o := pages(t, 20_000, 1)
	first := deliverTo(t, o, get())
	defer first.Close()
	eventually(t, "all has come", func() bool {
		b, err := next(first)
		return err == io.EOF || len(b) > 0 && o.Stats().Running == 0
	})
	if s := o.Stats(); s.Running != 0 || s.Servers[0].Idle != 1 {
		t.Errorf("%+v", s)
	}
}

// The rest of a response that its client does not take is read into memory when
// somebody waits for the slot. The client gets all of it.
func TestReadAheadOfClient(t *testing.T) {
	const size = 300_000
	o := pages(t, size, 1)
	slow := deliverTo(t, o, get())
	got := len(mustFetch(t, o))
	if got != size || o.Stats().SlowEnded != 0 {
		t.Errorf("%d bytes, %+v", got, o.Stats())
	}
	if used := o.memory.responses.used.Load(); used < size/2 || used > backlogMax {
		t.Errorf("%d bytes are in use", used)
	}
	rest, err := readAll(slow)
	if n := len(rest); err != nil || n > size || n < size-bufferSize {
		t.Errorf("the slow client got %d bytes more, %v", n, err)
	}
	if used := o.memory.responses.used.Load(); used != 0 {
		t.Errorf("%d bytes stay in use", used)
	}
	if s := o.Stats(); s.Running != 0 || s.Servers[0].Open != 1 {
		t.Errorf("%+v", s)
	}
}

func mustFetch(t *testing.T, o *Origin) string {
	t.Helper()
	got, err := fetch(o, get())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The client goes on, or leaves, while its response is read ahead.
func TestReadAheadOfClientMeanwhile(t *testing.T) {
	const size = 400_000
	piece := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	config, _ := serve(t, script(forever(request, say(piece), func(p *peer) {
		for range size / 1000 {
			fmt.Fprintf(p.conn, "3e8\r\n%s\r\n", strings.Repeat("x", 1000))
			time.Sleep(50 * time.Microsecond)
		}
	}, say("0\r\nX-Sum: 1\r\n\r\n"))))
	config.MaxConnections, config.QueueTimeout = 2, 10*time.Second
	o := start(t, config)
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			x, err := o.Fetch(context.Background(), get())
			if err != nil {
				t.Error(err)
				return
			}
			defer x.Close()
			for got := 0; ; {
				b, err := next(x)
				got += len(b)
				switch {
				case err == io.EOF && (got != size || x.Trailers() == nil):
					t.Errorf("got %d, trailers %v", got, x.Trailers())
				case err != nil && err != io.EOF:
					t.Error(err)
				}
				if err != nil || i%4 == 3 && got > size/4 {
					return
				}
				if got/50_000 != (got-len(b))/50_000 {
					time.Sleep(40 * time.Millisecond)
				}
			}
		})
	}
	running.Wait()
	if used := o.memory.responses.used.Load(); used != 0 || o.Stats().Running != 0 {
		t.Errorf("%d bytes stay in use, %+v", used, o.Stats())
	}
}

// A slow reader of much loses its slot to one who waits, but only beyond its share, and
// without anybody who waits not at all.
func TestSlowReaderGivesWay(t *testing.T) {
	t.Parallel()
	o := pages(t, 8<<20, 4)
	var slow []*Response
	for range 4 {
		slow = append(slow, deliverTo(t, o, from("192.0.2.1")))
	}
	time.Sleep(paceWaits + 100*time.Millisecond)
	if s := o.Stats(); s.Running != 4 || s.SlowEnded != 0 {
		t.Fatalf("nobody waits: %+v", s)
	}
	for range 4 { // a quarter is the client's own
		slow = append(slow, deliverTo(t, o, from("192.0.2.2")))
		time.Sleep(paceWaits / 3)
	}
	gone := 0
	for _, x := range slow {
		_, err := readAll(x)
		if err != nil {
			wantKind(t, err, SlowClient)
			gone++
		}
		if x.Revoked() != (err != nil) {
			t.Error("Revoked", x.Revoked(), err)
		}
	}
	if s := o.Stats(); gone != 4 || s.SlowEnded != 4 || s.Running != 0 || s.QueueRejects != 0 || s.Servers[0].Open != s.Servers[0].Idle {
		t.Errorf("%d are gone, %+v", gone, s)
	}
}

// An upload that is slow loses its slot, too: 408.
func TestSlowUploadGivesWay(t *testing.T) {
	t.Parallel()
	config, _ := serve(t, script(request, rest), script(request, rest), script(forever(request, say(hello))))
	config.MaxConnections, config.QueueTimeout = 1, short
	o := start(t, config)
	done := make(chan error)
	go func() {
		_, err := fetch(o, post(stalled("", 1<<20)))
		done <- err
	}()
	eventually(t, "it has a place", func() bool { return o.Stats().Running == 1 })
	time.Sleep(paceWaits + 100*time.Millisecond)
	first, err := o.Fetch(context.Background(), from("192.0.2.1")) // alone, it is within every share
	if err == nil {
		first.Close()
	}
	wantKind(t, err, ConnectionLimit)
	o.mu.Lock()
	o.mu.queue.limit = 2
	o.mu.Unlock()
	go func() {
		_, err := fetch(o, post(stalled("", 1<<20)))
		done <- err
	}()
	eventually(t, "both have a place", func() bool { return o.Stats().Running == 2 })
	time.Sleep(paceWaits + 100*time.Millisecond)
	wantFetch(t, o, 1, "hello")
	err = <-done
	if wantKind(t, err, SlowClient); err.(*Error).status() != 408 {
		t.Error(err)
	}
	o.Abort()
	<-done
}

// crew is an Audience.
type crew struct{ atomic.Int32 }

func (c *crew) Waiters() int { return int(c.Load()) }

// A fetch that nobody waits for gives way after a second, before any other; one that
// somebody waits for does not.
func TestUnwantedGivesWay(t *testing.T) {
	t.Parallel()
	config, _ := serve(t, script(request, rest), script(request, rest), script(forever(request, say(hello))))
	config.MaxConnections, config.HeadTimeout, config.QueueTimeout = 2, 30*time.Second, 10*time.Second
	o := start(t, config)
	crews := [2]crew{}
	crews[0].Store(1)
	crews[1].Store(1)
	done := make(chan error, 2)
	for i := range crews {
		r := get()
		r.Audience = &crews[i]
		go func() {
			_, err := fetch(o, r)
			done <- err
		}()
	}
	eventually(t, "both run", func() bool { return o.Stats().Servers[0].Open == 2 })
	time.Sleep(unwantedTime)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err := o.Fetch(ctx, get())
	wantKind(t, err, ResponseTimeout)
	crews[0].Store(0)
	wantFetch(t, o, 1, "hello")
	wantKind(t, <-done, Unwanted)
	if s := o.Stats(); s.UnwantedEnded != 1 || s.Running != 1 {
		t.Errorf("%+v", s)
	}
	o.Abort()
	<-done
}

// A waiter that comes just before the next look is due does not end the looking.
func TestPreemptGoesOn(t *testing.T) {
	config, _ := serve(t, script(forever(request, rest)))
	config.MaxConnections = 1
	o := start(t, config)
	o.mu.Lock()
	o.mu.queue.enter(unknownClient, quickLine)
	o.mu.queue.enter(unknownClient, quickLine)
	o.mu.preempted, o.mu.preempting = o.clock.now()+time.Minute, true
	o.mu.Unlock()
	o.preemptAgain() // too early, as another check came between
	o.mu.Lock()
	preempting := o.mu.preempting
	o.mu.aborted = true
	o.mu.Unlock()
	if !preempting {
		t.Error("nobody looks again")
	}
}

// A response that several clients read is not ended because one of them is slow: the
// store sees to that one. A response with one reader is.
func TestSharedResponseStays(t *testing.T) {
	t.Parallel()
	o := pages(t, 8<<20, 4)
	var readers crew
	readers.Store(2)
	for range 4 {
		r := from("192.0.2.1")
		r.Audience = &readers
		x := deliverTo(t, o, r)
		defer x.Close()
	}
	time.Sleep(paceWaits + 100*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if x, err := o.Fetch(ctx, from("192.0.2.2")); err == nil {
		x.Close()
		t.Fatalf("somebody made room: %+v", o.Stats())
	}
	readers.Store(1)
	x, err := o.Fetch(context.Background(), from("192.0.2.2"))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if s := o.Stats(); s.SlowEnded != 1 {
		t.Errorf("%+v", s)
	}
}
