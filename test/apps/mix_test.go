package apps

import (
	"math/rand/v2"
	"sync"
	"testing"
)

// mix has visitors ask for pages at random, count times in all and eight at a
// time, and looks at each answer.
func (f *front) mix(t *testing.T, count int, visitors []*visitor, pages []string, look func(*answer)) {
	t.Helper()
	var all sync.WaitGroup
	orders := make(chan func(), 8)
	for range cap(orders) {
		all.Go(func() {
			for order := range orders {
				order()
			}
		})
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range count {
		v, page := visitors[r.IntN(len(visitors))], pages[r.IntN(len(pages))]
		orders <- func() {
			if a := v.get(t, page); look != nil {
				look(&a)
			}
		}
	}
	close(orders)
	all.Wait()
}

// visitTwice has somebody ask for all pages and then others, and returns what
// became of the others' requests.
func (f *front) visitTwice(t *testing.T, pages []string) tally {
	t.Helper()
	first, from := f.newVisitor(t, "first visitor"), 0
	for _, page := range pages {
		first.get(t, page)
	}
	from = len(f.requests(0))
	for _, page := range pages {
		f.newVisitor(t, "second visitor").get(t, page)
	}
	second := count(f.requests(from))
	return second
}

// noLeaks searches all answers, and adds the application to the table.
func (f *front) noLeaks(t *testing.T, second tally) {
	t.Helper()
	found := f.leaks()
	for i, leak := range found {
		if i == 10 {
			t.Errorf("and %d more", len(found)-i)
			break
		}
		t.Error(leak)
	}
	f.report(second, len(found))
}

// atLeast checks the share of hits.
func (f *front) atLeast(t *testing.T, n tally, percent float64) {
	t.Helper()
	if n.ratio() < percent {
		t.Errorf("%.1f %% of %d requests of the second visit were answered from the cache: %s", n.ratio(), n.requests, n.reasons())
	}
}
