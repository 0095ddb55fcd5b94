package origin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Abort may come at any moment, between any two steps of any fetch. All fetches end, and
// all that was taken is given back.
func TestAbortTurmoil(t *testing.T) {
	t.Parallel()
	srv := &turmoil{posts: map[string]int{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	acceptAll(t, l, func(_ int, c net.Conn) { srv.serve(c) })
	hows := []string{"", "", "", "reset", "hang", "retry", "close", "cut", "garbled", "early"}
	for range 12 {
		config := configure(l.Addr().String(), l.Addr().String())
		config.Servers[1].Host = "localhost"
		config.MaxConnections, config.ReadAhead, config.RetryStatus = 3, 1000, []int{503}
		o, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		var running sync.WaitGroup
		var gave atomic.Int64
		for w := range 10 {
			running.Go(func() {
				var into Response
				for i := 0; ; i++ {
					id, n := fmt.Sprintf("w%d-%d", w, i), rand.IntN(300_000)
					r := &Request{Method: []byte("GET"), Host: []byte("a.test"), Idempotent: true, Into: &into,
						Target: fmt.Appendf(nil, "/%s/%d/%s", id, n, hows[rand.IntN(len(hows))]),
						Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(w % 3)})}
					if rand.IntN(3) == 0 {
						k := rand.IntN(40_000)
						r.Body = &pouring{t: t, rest: pattern(id, k), length: int64(k), stop: make(chan struct{})}
						r.Method, r.Idempotent = []byte("POST"), false
					}
					var e *Error
					err := turmoilOnce(context.Background(), o, r, id, n, false, &gave)
					if err != nil && !errors.As(err, &e) {
						t.Error(err)
					}
					if o.aborted() {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		o.Abort()
		running.Wait()
		o.Close()
		s := o.Stats()
		o.mu.Lock()
		if s.Running != 0 || s.Waiting != 0 || s.Slow != 0 || s.Servers[0].Open != 0 || len(o.mu.conns) != 0 || len(o.mu.bodies) != 0 ||
			o.memory.responses.used.Load() != 0 || o.memory.uploads.used.Load() != 0 {
			t.Errorf("%+v, %d connections, %d bodies", s, len(o.mu.conns), len(o.mu.bodies))
		}
		o.mu.Unlock()
	}
}
