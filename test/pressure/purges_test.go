package pressure

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Millions of purged tags cost nothing once they are in force, beside a full cache with a disk tier.
func TestPurgeStorm(t *testing.T) {
	const batch = 10_000
	const after = 6 * time.Second
	batches := of(20, 392) // at the end as many rules are kept as ever are
	r := begin(t, "purge-storm", fmt.Sprintf("full cache and disk, %d purged tags, %d a call", batches*batch, batch))
	budget := of[size](64<<20, defaultBudget)
	n := start(r, startOrigin(r, nil), settings{store: memory(budget) + "\n" + diskIn(r), budget: budget})
	n.fill(r, budget+budget/6)
	orders := make([]string, batches) // made before: their making is no load of the node's
	for i := range orders {
		orders[i] = tags(i*batch, batch)
	}
	w := n.watch(r, others)
	began := time.Now()
	least(r, "purges answered", n.storm(orders), 1)
	r.show("time that they took", time.Since(began))
	w.judge(r)
	r.show("rules in force", count(n.metric(r, "brink_purge_rules")))
	r.show("objects", size(n.metric(r, "brink_store_object_bytes")))
	if *all {
		time.Sleep(rest)
		most(r, "CPU time in the 6 s after that", n.busy(r, after).of(after), 300*time.Millisecond)
		// The collector works only while memory is used.
		asking := n.probes([]string{others})
		most(r, "CPU time in 6 s with a probe", n.busy(r, after).of(after), 600*time.Millisecond)
		stop(asking)
	}
	n.recovers(r)
}

// of returns a share of a span.
func (s share) of(span time.Duration) time.Duration { return time.Duration(float64(s) * float64(span)) }

// storm sends orders to purge, and returns the share of calls that went well.
func (n *subject) storm(orders []string) share {
	const callers = 2
	var next, good atomic.Int64
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for i := next.Add(1); i <= int64(len(orders)); i = next.Add(1) {
				if n.post("/v1/purge", orders[i-1]) == nil {
					good.Add(1)
				}
			}
		})
	}
	running.Wait()
	return share(good.Load()) / share(len(orders))
}

// tags returns an order to purge some tags.
func tags(first, n int) string {
	order := []byte(`{"tags":["`)
	for i := range n {
		if i > 0 {
			order = append(order, `","`...)
		}
		order = fmt.Appendf(order, "tag-%d", first+i)
	}
	return string(append(order, `"]}`...))
}
