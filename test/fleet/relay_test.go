package fleet

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"brink/test/brinktest"
)

var relayPurges = flag.Int("relayed", 10, "purges from each side of the bad wire")

const (
	relayDelay = 50 * time.Millisecond // in each direction
	relayLoss  = 0.1
)

// Over a slow and lossy wire purges arrive, each before its answer does.
func TestRelay(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	net.relay(relayDelay, relayLoss)
	w := newSplitWorld(t, net)
	t.Logf("%d purges from each side, round trip %v, loss %.0f %%", *relayPurges, 2*relayDelay, 100*relayLoss)
	for _, from := range []struct {
		name     string
		near, at *brinktest.Node
	}{{"the hub", w.hub, w.edge}, {"the edge", w.edge, w.hub}} {
		var seen, told []time.Duration
		for range *relayPurges {
			s, r := w.purgeAcross(from.near, from.at)
			seen, told = append(seen, s), append(told, r)
		}
		show(t, "from "+from.name+" until in force at the other", seen)
		show(t, "from "+from.name+" until the receipt says so", told)
	}
}

// purgeAcross purges on one node what the other serves, and returns how long it took
// until the other served it no more, and until the first said so.
func (w *splitWorld) purgeAcross(near, at *brinktest.Node) (seen, told time.Duration) {
	w.t.Helper()
	w.fill(at, 1)
	now := fmt.Sprint(w.version.Load())
	answered := make(chan error, 1)
	began := time.Now()
	go func() {
		err := w.purgeURL(near, "/0", "fleet")
		told = time.Since(began)
		answered <- err
	}()
	over := false
	for got := ""; got != now; {
		if over && got != "" {
			w.t.Fatalf("it is served after the answer: %q, not %q", got, now)
		}
		select {
		case err := <-answered:
			over = true
			w.check(err)
		case <-time.After(time.Millisecond):
		}
		var err error
		got, err = w.fetch(at, "/0")
		w.check(err)
		seen = time.Since(began)
	}
	if !over {
		w.check(<-answered)
	}
	return seen, told
}

func (w *splitWorld) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func show(t *testing.T, what string, took []time.Duration) {
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[(len(took)-1)*percent/100].Round(time.Millisecond) }
	t.Logf("%-50s p50 %v, p99 %v, at most %v", what, at(50), at(99), at(100))
}
