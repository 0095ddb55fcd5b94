package origin

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestQueueFull(t *testing.T) {
	release := make(chan struct{})
	config, _ := serve(t, script(forever(request, wait(release), say(hello))))
	config.MaxConnections, config.Queue = 2, 3
	o := start(t, config)
	var running sync.WaitGroup
	for range 5 {
		running.Go(func() {
			if got, err := fetch(o, get()); err != nil || got != "hello" {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	eventually(t, "three wait", func() bool { return o.Stats().Waiting == 3 })
	_, err := fetch(o, get())
	wantKind(t, err, ConnectionLimit)
	if err.(*Error).Kind.Status() != 503 {
		t.Error(err)
	}
	close(release)
	running.Wait()
	s := o.Stats()
	if s.QueueRejects != 1 || s.Requests != 6 || s.Running != 0 || s.Waiting != 0 || s.Servers[0].Open != 2 {
		t.Errorf("%+v", s)
	}
}

func TestQueueLate(t *testing.T) {
	release := make(chan struct{})
	config, _ := serve(t, script(forever(request, wait(release), say(hello))))
	config.MaxConnections, config.QueueTimeout = 1, short
	o := start(t, config)
	done := make(chan error)
	go func() { _, err := fetch(o, get()); done <- err }()
	eventually(t, "one runs", func() bool { return o.Stats().Running == 1 })
	_, err := fetch(o, get())
	wantKind(t, err, ConnectionLimit)
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	wantFetch(t, o, 2, "hello")
	if s := o.Stats(); s.QueueRejects != 1 || s.Running != 0 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}

// Who came first is first, with some who gave up in between.
func TestQueueOrder(t *testing.T) {
	q := queue{limit: 1, room: 100}
	if _, ok := q.enter(); !ok {
		t.Fatal("no place")
	}
	var waiters []*waiter
	for range 100 {
		w, ok := q.enter()
		if ok || w == nil {
			t.Fatal("no waiter")
		}
		waiters = append(waiters, w)
	}
	if w, ok := q.enter(); w != nil || ok {
		t.Fatal("entered a full queue")
	}
	for i := 0; i < 100; i += 3 {
		if !q.abandon(waiters[i]) || q.abandon(waiters[i]) {
			t.Fatal(i)
		}
	}
	for i, w := range waiters {
		if i%3 == 0 {
			continue
		}
		q.leave()
		if len(w.place) != 1 || q.abandon(w) {
			t.Fatalf("waiter %d has no place", i)
		}
	}
	q.leave()
	if q.running != 0 || q.length != 0 {
		t.Errorf("%+v", q)
	}
}

// A model of the queue: whatever happens, places are neither lost nor made up,
// and memory does not grow.
func TestQueueModel(t *testing.T) {
	q := queue{limit: 3, room: 10}
	var waiting []*waiter
	running := 0
	next := uint32(1)
	for i := range 100_000 {
		next = next*1664525 + 1013904223
		switch next >> 16 % 4 {
		case 0, 1:
			w, ok := q.enter()
			switch {
			case ok:
				running++
			case w != nil:
				waiting = append(waiting, w)
			}
		case 2:
			if running > 0 {
				q.leave()
				running--
				if len(waiting) > 0 {
					<-waiting[0].place
					waiting = waiting[1:]
					running++
				}
			}
		case 3:
			if len(waiting) > 0 {
				j := int(next>>8) % len(waiting)
				if !q.abandon(waiting[j]) {
					t.Fatal(i)
				}
				waiting = slices.Delete(waiting, j, j+1)
			}
		}
		if q.running != running || q.length != len(waiting) || running > q.limit || len(waiting) > q.room {
			t.Fatalf("step %d: %d run and %d wait, want %d and %d", i, q.running, q.length, running, len(waiting))
		}
	}
	if len(q.waiting) > 100 {
		t.Errorf("%d entries", len(q.waiting))
	}
}

// Many at a time, with a limit, cancellations and a server that closes now and
// then: each gets its own response.
func TestCrowd(t *testing.T) {
	t.Parallel()
	echo := func(p *peer) {
		for n := 0; ; n++ {
			line, err := p.in.ReadString('\n')
			if err != nil {
				return
			}
			for rest := line; rest != "\r\n"; {
				if rest, err = p.in.ReadString('\n'); err != nil {
					return
				}
			}
			fmt.Fprintf(p.conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
			if n%7 == 6 {
				return
			}
		}
	}
	config, _ := serve(t, script(echo))
	config.MaxConnections, config.Queue = 4, 1000
	o := start(t, config)
	var running sync.WaitGroup
	for i := range 16 {
		running.Go(func() {
			for j := range 50 {
				r := get()
				r.Target = fmt.Appendf(nil, "/%d/%d", i, j)
				ctx, cancel := context.WithCancel(context.Background())
				if j%10 == 9 {
					time.AfterFunc(time.Duration(i)*100*time.Microsecond, cancel)
				}
				x, err := o.Fetch(ctx, r)
				var got string
				if err == nil {
					got, err = readAll(x)
				}
				if want := fmt.Sprintf("GET /%d/%d HTTP/1.1\r\n", i, j); ctx.Err() == nil && (err != nil || got != want) {
					t.Errorf("%q, %v; want %q", got, err, want)
				}
				cancel()
			}
		})
	}
	running.Wait()
	if s := o.Stats(); s.Running != 0 || s.Waiting != 0 || s.Servers[0].Open != s.Servers[0].Idle || s.Servers[0].Open > 4 {
		t.Errorf("%+v", s)
	}
}
