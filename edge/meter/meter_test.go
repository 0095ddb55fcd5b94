package meter

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"brink/edge/message"
)

func hit() *message.CacheStatus { return &message.CacheStatus{Outcome: message.Hit} }

// Many goroutines record what they also count for themselves: the sums agree
// to the last request, and a reader in between never sees a count fall.
func TestExact(t *testing.T) {
	const workers, each = 8, 5000
	m := New([]string{"a", "b"})
	stop := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		var last uint64
		for {
			n := m.Snapshot().Requests
			if n < last {
				t.Errorf("requests fell from %d to %d", last, n)
			}
			last = n
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	want := make([][3]counts, workers)
	for w := range workers {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(w)))
			for range each {
				s, site, status, size, d := randomRequest(r)
				m.Record(site, &s, status, size, d)
				want[w][site+1].add(&s, classOf(status), size, d)
			}
		})
	}
	writers.Wait()
	close(stop)
	reader.Wait()
	for i, s := range m.sites {
		var sum counts
		for w := range want {
			sum.merge(&want[w][i])
		}
		if *s.sum() != sum {
			t.Errorf("site %s: counts differ from what was recorded", s.name)
		}
	}
	if n := m.Snapshot().Requests; n != workers*each {
		t.Errorf("%d requests, want %d", n, workers*each)
	}
}

func randomRequest(r *rand.Rand) (s message.CacheStatus, site, status int, size int64, d time.Duration) {
	s = message.CacheStatus{
		Outcome:   message.Outcome(r.IntN(int(message.OutcomeCount))),
		Reason:    message.Reason(r.IntN(int(message.ReasonCount))),
		Store:     message.Reason(r.IntN(int(message.ReasonCount))),
		Fetched:   r.IntN(2) == 0,
		Stored:    r.IntN(2) == 0,
		Collapsed: r.IntN(2) == 0,
	}
	return s, r.IntN(3) - 1, r.IntN(700), r.Int64N(1 << 20), time.Duration(r.Int64N(1 << r.IntN(40)))
}

func TestSnapshot(t *testing.T) {
	m := New([]string{"shop", "idle"}, "syntax", "timeout")
	record := func(site int, s message.CacheStatus) { m.Record(site, &s, 200, 10, time.Millisecond) }
	record(0, message.CacheStatus{Outcome: message.Hit})
	record(0, message.CacheStatus{Outcome: message.Hit})
	record(0, message.CacheStatus{Outcome: message.Stale, Reason: message.ReasonRefresh})
	record(0, message.CacheStatus{Outcome: message.Revalidated, Reason: message.ReasonExpired, Fetched: true, Stored: true})
	record(0, message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Fetched: true, Store: message.ReasonSetCookie})
	record(0, message.CacheStatus{Outcome: message.Miss, Reason: message.ReasonURIMiss, Collapsed: true})
	record(0, message.CacheStatus{Outcome: message.Pass, Reason: message.ReasonMethod, Fetched: true})
	record(0, message.CacheStatus{Outcome: message.Failed, Reason: message.ReasonOriginDown})
	record(NoSite, message.CacheStatus{Outcome: message.Refused, Reason: message.ReasonUnknownHost})
	m.Accepted()
	m.Accepted()
	m.Closed()
	m.RefusedHead(1)

	shop := Counts{Requests: 8, Hits: 2, Stale: 1, Revalidated: 1, Misses: 2, Passes: 1, Failed: 1,
		Collapsed: 1, Fetched: 3, Stored: 1, Bytes: 80}
	none := Counts{Requests: 1, Refused: 1, Bytes: 10}
	got := m.Snapshot()
	if got.Sites["shop"] != shop || got.Sites["-"] != none || len(got.Sites) != 2 {
		t.Errorf("sites: %+v", got.Sites)
	}
	all := shop
	all.add(none)
	if got.Counts != all {
		t.Errorf("all: %+v, want %+v", got.Counts, all)
	}
	if want := (Connections{Accepted: 2, Active: 1, RefusedHeads: 1}); got.Connections != want {
		t.Errorf("connections: %+v, want %+v", got.Connections, want)
	}
}

func TestWith(t *testing.T) {
	old := New([]string{"a", "b"})
	old.Record(0, hit(), 200, 1, 0)
	old.Record(1, hit(), 200, 1, 0)
	old.Accepted()
	next := old.With([]string{"c", "b"})
	old.Record(0, hit(), 200, 1, 0) // a request that began before the reload
	old.Record(1, hit(), 200, 1, 0)
	old.Record(NoSite, hit(), 421, 1, 0)
	next.Record(0, hit(), 200, 1, 0)
	next.Record(1, hit(), 200, 1, 0)

	sites := next.Snapshot().Sites
	want := map[string]uint64{"b": 3, "c": 1, "-": 1}
	for name, n := range want {
		if sites[name].Requests != n {
			t.Errorf("site %s: %d requests, want %d", name, sites[name].Requests, n)
		}
	}
	if len(sites) != len(want) {
		t.Errorf("sites: %v", sites)
	}
	if n := next.Snapshot().Connections.Accepted; n != 1 {
		t.Errorf("%d connections accepted, want 1", n)
	}
}

func TestClass(t *testing.T) {
	for status, want := range map[int]class{
		0: classNone, 99: classNone, 100: class1xx, 200: class2xx, 299: class2xx, 304: class3xx,
		404: class4xx, 503: class5xx, 599: class5xx, 600: classNone, -1: classNone,
	} {
		if got := classOf(status); got != want {
			t.Errorf("classOf(%d) = %v, want %v", status, got, want)
		}
	}
}

// The bucket found without a search is the one that a search finds.
func TestBucket(t *testing.T) {
	search := func(d time.Duration) int {
		for i := range boundCount {
			if d <= bound(i) {
				return i
			}
		}
		return boundCount
	}
	durations := []time.Duration{math.MinInt64, -1, 0, 1, math.MaxInt64}
	for i := range boundCount {
		durations = append(durations, bound(i)-1, bound(i), bound(i)+1)
	}
	for _, d := range durations {
		if got, want := bucketOf(d), search(d); got != want {
			t.Errorf("bucketOf(%d) = %d, want %d", d, got, want)
		}
	}
	for i := 1; i < boundCount; i++ {
		if bound(i) <= bound(i-1) {
			t.Errorf("bound %d is %v, after %v", i, bound(i), bound(i-1))
		}
	}
}

func TestNegative(t *testing.T) {
	m := New([]string{"a"})
	m.Record(0, hit(), 200, -1, -time.Second) // a clock or a counter gone wrong
	c := m.sites[1].sum()
	if c.bytes != 0 || c.latency[groupHit].sum != 0 {
		t.Errorf("bytes %d, sum %d: a counter must not wrap", c.bytes, c.latency[groupHit].sum)
	}
}

func TestNoAllocs(t *testing.T) {
	m := New([]string{"a"})
	s := hit()
	record := func() { m.Record(0, s, 200, 1024, 20*time.Microsecond) }
	for range 1000 { // until every stripe has its cell
		record()
	}
	if n := testing.AllocsPerRun(1000, record); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func BenchmarkRecord(b *testing.B) {
	m := New([]string{"a"})
	s := hit()
	for b.Loop() {
		m.Record(0, s, 200, 1024, 20*time.Microsecond)
	}
}

func BenchmarkRecordParallel(b *testing.B) {
	m := New([]string{"a"})
	b.RunParallel(func(pb *testing.PB) {
		s := hit()
		for pb.Next() {
			m.Record(0, s, 200, 1024, 20*time.Microsecond)
		}
	})
}
