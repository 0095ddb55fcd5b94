package edge

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/fetch"
	"brink/edge/message"
	"brink/purge"
)

// busy counts how many requests an origin has at a time, and in which order the
// targets came.
type busy struct {
	now, most atomic.Int32

	mu    sync.Mutex
	order []string
}

func (b *busy) answer(fields ...string) func(*ask) {
	give := numbered(fields...)
	return func(a *ask) {
		n := b.now.Add(1)
		for most := b.most.Load(); n > most && !b.most.CompareAndSwap(most, n); most = b.most.Load() {
		}
		b.mu.Lock()
		b.order = append(b.order, a.target)
		b.mu.Unlock()
		time.Sleep(time.Millisecond)
		b.now.Add(-1)
		give(a)
	}
}

func (b *busy) reset() {
	b.most.Store(0)
	b.mu.Lock()
	b.order = nil
	b.mu.Unlock()
}

// crowd has clients ask for the targets, the first ones most often, until all that
// ask have done so a number of times, with a pause between. It returns how the
// answers came about.
func (r *rig) crowd(clients, each, targets int, pause time.Duration) map[string]int {
	r.t.Helper()
	outcomes := make([]map[string]int, clients)
	var asking sync.WaitGroup
	for i := range clients {
		outcomes[i] = map[string]int{}
		asking.Go(func() {
			rng := rand.New(rand.NewPCG(9, uint64(i)))
			zipf := rand.NewZipf(rng, 1.2, 2, uint64(targets-1))
			for range each {
				g := r.get(fmt.Sprint("/", zipf.Uint64()))
				if g.status != 200 || g.err != nil {
					r.t.Errorf("%s: %d, %v", g.target, g.status, g.err)
				}
				outcomes[i][g.outcome.Outcome.String()]++
				time.Sleep(pause)
			}
		})
	}
	asking.Wait()
	r.quiet()
	all := map[string]int{}
	for _, o := range outcomes {
		for outcome, n := range o {
			all[outcome] += n
		}
	}
	return all
}

// After a soft purge of everything nobody waits: all is served stale, and what is
// asked for most is refreshed first, by no more requests at a time than refreshes
// may take of the origin's connections.
func TestSoftPurgeOfEverything(t *testing.T) {
	const targets, connections = 400, 8
	var b busy
	r := newRigOf(t, "", fmt.Sprint("max_connections = ", connections), b.answer("Cache-Control: max-age=3600, stale-while-revalidate=3600"))
	for i := range targets {
		r.get(fmt.Sprint("/", i))
	}
	r.quiet()
	b.reset()
	r.purges.Put(purge.Rule{Kind: purge.All, Soft: true})
	outcomes := r.crowd(16, 500, targets, time.Millisecond)
	if n := outcomes[message.Hit.String()] + outcomes[message.Stale.String()]; n != 16*500 {
		t.Errorf("not all were answered from the cache: %v", outcomes)
	}
	if most := b.most.Load(); most > int32(fetch.Refreshes(connections)) {
		t.Errorf("%d refreshes at a time", most)
	}
	seen := map[string]bool{}
	var rank, n [2]int
	for i, target := range b.order {
		if seen[target] {
			t.Errorf("%s was refreshed twice", target)
		}
		seen[target] = true
		var number int
		fmt.Sscan(target[1:], &number)
		rank[2*i/len(b.order)] += number
		n[2*i/len(b.order)]++
	}
	if len(seen) < 50 || rank[0]/n[0] >= rank[1]/n[1] {
		t.Errorf("%d refreshed; mean rank of the first half %d, of the second %d", len(seen), rank[0]/n[0], rank[1]/n[1])
	}
}

// After a hard purge of everything each URL is fetched once, by no more requests
// at a time than the origin takes, however many ask.
func TestHardPurgeOfEverything(t *testing.T) {
	const targets, connections = 400, 8
	var b busy
	r := newRigOf(t, "", fmt.Sprint("max_connections = ", connections), b.answer("Cache-Control: max-age=3600"))
	for i := range targets {
		r.get(fmt.Sprint("/", i))
	}
	r.quiet()
	b.reset()
	r.purges.Put(purge.Rule{Kind: purge.All})
	r.crowd(64, 100, targets, 0)
	if most := b.most.Load(); most > connections {
		t.Errorf("%d fetches at a time", most)
	}
	seen := map[string]bool{}
	for _, target := range b.order {
		if seen[target] {
			t.Errorf("%s was fetched twice", target)
		}
		seen[target] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d fetched", len(seen))
	}
}
