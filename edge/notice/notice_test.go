package notice

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestNotice(t *testing.T) {
	var n Notice
	calls := 0
	n.Call()
	n.Set(func() { calls++ })
	n.Call()
	n.Call()
	if calls != 1 {
		t.Errorf("%d calls after one Set", calls)
	}
	n.Set(func() { calls = 100 })
	n.Set(func() { calls++ })
	n.Call()
	if calls != 2 {
		t.Errorf("%d calls after another Set", calls)
	}
	n.Set(func() { calls++ })
	n.Stop()
	n.Call()
	if calls != 2 {
		t.Errorf("%d calls after Stop", calls)
	}
}

// Whatever happens at the same time, there is one call at most, and none after Stop.
func TestNoticeRace(t *testing.T) {
	for range 1000 {
		var n Notice
		var calls atomic.Int32
		var stopped atomic.Bool
		n.Set(func() {
			calls.Add(1)
			if stopped.Load() {
				t.Error("called after Stop")
			}
		})
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(n.Call)
		}
		n.Stop()
		stopped.Store(true)
		wg.Wait()
		if calls.Load() > 1 {
			t.Errorf("%d calls", calls.Load())
		}
	}
}
