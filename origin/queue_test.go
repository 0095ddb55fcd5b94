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
	q := newQueue(1, 100)
	first, _ := q.enter(1, quickLine)
	if first == nil {
		t.Fatal("no slot")
	}
	var waiters []*waiter
	for range 100 {
		s, w := q.enter(1, quickLine)
		if s != nil || w == nil {
			t.Fatal("no waiter")
		}
		waiters = append(waiters, w)
	}
	if s, w := q.enter(1, quickLine); w != nil || s != nil {
		t.Fatal("entered a full queue")
	}
	for i := 0; i < 100; i += 3 {
		if !q.abandon(waiters[i]) || q.abandon(waiters[i]) {
			t.Fatal(i)
		}
	}
	s := first
	for i, w := range waiters {
		if i%3 == 0 {
			continue
		}
		q.leave(s)
		if len(w.slot) != 1 || q.abandon(w) {
			t.Fatalf("waiter %d has no slot", i)
		}
		s = <-w.slot
	}
	q.leave(s)
	if len(q.running) != 0 || q.length != 0 || len(q.clients) != 0 {
		t.Errorf("%+v", q)
	}
}

// A free slot goes to the client with the fewest slots, and of those to the one
// that waits longest.
func TestQueueFairness(t *testing.T) {
	q := newQueue(8, 100)
	var slots []*slot
	for range 8 {
		s, _ := q.enter(1, quickLine)
		slots = append(slots, s)
	}
	var waiters []*waiter
	for _, key := range []clientKey{1, 1, 2, 1, 2, 3} {
		_, w := q.enter(key, quickLine)
		waiters = append(waiters, w)
	}
	var got []int
	for _, s := range slots[:6] {
		q.leave(s)
		for i, w := range waiters {
			if len(w.slot) == 1 {
				<-w.slot
				got = append(got, i)
			}
		}
	}
	// 2 and 3 have none, then 2 has fewer than 1.
	if want := []int{2, 5, 4, 0, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("order is %v, want %v", got, want)
	}
}

// When the queue is full, the newest waiter of the client with the most gives way to a
// client with fewer.
func TestQueueDisplaces(t *testing.T) {
	q := newQueue(1, 4)
	q.enter(1, quickLine)
	var waiters []*waiter
	for range 4 {
		_, w := q.enter(1, quickLine)
		waiters = append(waiters, w)
	}
	for i, want := range []int{3, 2} {
		_, w := q.enter(2, quickLine)
		if w == nil || len(waiters[want].slot) != 1 || <-waiters[want].slot != nil || q.length != 4 {
			t.Fatalf("%d: %v, %d wait", i, w, q.length)
		}
	}
	for _, key := range []clientKey{1, 2} {
		if s, w := q.enter(key, quickLine); s != nil || w != nil {
			t.Errorf("client %d: entered a queue that is full of equals", key)
		}
	}
	if q.rejected != 4 {
		t.Errorf("%d rejected", q.rejected)
	}
}

// Slow ones take no more than their share once slots are short, and quick ones do not
// wait for them.
func TestQueueSlowShare(t *testing.T) {
	q := newQueue(16, 100)
	slow := func(key clientKey) (*slot, *waiter) { return q.enter(key, slowLine) }
	for i := range 12 { // a quarter stays free
		if s, _ := slow(1); s == nil {
			t.Fatalf("slow one %d waits, with %d slots free", i, 16-i)
		}
	}
	s, w := slow(1)
	other, _ := slow(2)
	if s != nil || other != nil || q.slow != 12 {
		t.Fatal("slow ones take the last quarter")
	}
	var quick []*slot
	for range 4 {
		s, _ := q.enter(1, quickLine)
		if s == nil {
			t.Fatal("a quick one waits, and slots are free")
		}
		quick = append(quick, s)
	}
	q.leave(quick[0])
	if len(w.slot) != 0 || len(q.running) != 15 {
		t.Error("a slow one got the slot of a quick one")
	}
	for i := 0; i < 8; i++ {
		q.leave(q.running[0])
	}
	if len(w.slot) != 1 {
		t.Error("a slow one waits, and slots are free")
	}
}

// A model of the queue: whatever happens, slots are neither lost nor made up, nobody
// who may take a slot waits while one is free, and nothing is kept of those who left.
func TestQueueModel(t *testing.T) {
	q := newQueue(5, 10)
	var waiting []*waiter
	var running []*slot
	next := uint32(1)
	for i := range 100_000 {
		next = next*1664525 + 1013904223
		key, kind := clientKey(next>>10%4), lineKind(next>>20%2)
		switch next >> 16 % 4 {
		case 0, 1:
			s, w := q.enter(key, kind)
			switch {
			case s != nil:
				running = append(running, s)
			case w != nil:
				waiting = append(waiting, w)
			}
		case 2:
			if len(running) > 0 {
				j := int(next>>8) % len(running)
				q.leave(running[j])
				running = slices.Delete(running, j, j+1)
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
		waiting = slices.DeleteFunc(waiting, func(w *waiter) bool {
			if len(w.slot) == 0 {
				return false
			}
			if s := <-w.slot; s != nil {
				running = append(running, s)
			}
			return true
		})
		if len(q.running) != len(running) || q.length != len(waiting) || len(running) > q.limit || len(waiting) > q.room ||
			len(running) < q.limit && q.next() != nil {
			t.Fatalf("step %d: %d run and %d wait, want %d and %d", i, len(q.running), q.length, len(running), len(waiting))
		}
		if !consistent(&q) {
			t.Fatalf("step %d: %+v", i, q)
		}
	}
}

// consistent checks the counts of q.
func consistent(q *queue) bool {
	slow, places, waits := 0, 0, 0
	for key, c := range q.clients {
		if c.key != key || c.slots+c.waits == 0 {
			return false
		}
		slow, places, waits = slow+c.slow, places+c.slots, waits+c.waits
	}
	for kind := range q.lines {
		for i, c := range q.lines[kind].heap {
			if c.at[kind] != i || c.first[kind] == nil || i > 0 && q.lines[kind].Less(i, (i-1)/2) {
				return false
			}
		}
	}
	return slow == q.slow && places == len(q.running) && waits == q.length && len(q.slots) <= q.limit && len(q.spare) <= 4
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
