package store

import (
	"math/rand/v2"
	"testing"
)

// A key passes from the second time on, until two filters were filled since.
func TestDoorkeeper(t *testing.T) {
	d := newDoorkeeper()
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func() Key { return Key{rnd.Uint64(), rnd.Uint64()} }
	k := random()
	if d.testAndAdd(k) {
		t.Error("the first time")
	}
	if !d.testAndAdd(k) {
		t.Error("not the second time")
	}
	wrong := 0
	for d.current.Load() == 0 {
		if d.testAndAdd(random()) {
			wrong++
		}
	}
	if wrong > filterKeys/15 {
		t.Errorf("%d keys pass that were never added", wrong)
	}
	if !d.filters[0].has(k) || d.filters[1].has(k) {
		t.Error("the full filter has the key, and the next one is empty")
	}
	if !d.testAndAdd(k) {
		t.Error("not with the next filter")
	}
}
