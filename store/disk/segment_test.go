package disk

import (
	"testing"

	"brink/store"
)

func locationAt(runs ...uint64) *store.Location { return &store.Location{Runs: runs} }

func TestSegments(t *testing.T) {
	var s segments
	for _, first := range []position{10, 20, 30} {
		s.begin(first, 0)
		s.wrote(100, 50)
	}
	if bytes, n := s.total(); bytes != 300 || n != 3 {
		t.Errorf("%d bytes in %d segments", bytes, n)
	}
	s.drop(s.atLocked(25))
	for pos, want := range map[position]bool{9: false, 10: true, 19: true, 20: false, 29: false, 30: true, 1000: true} {
		if got := s.atLocked(pos) != nil; got != want {
			t.Errorf("position %d: %t", pos, got)
		}
	}
	for _, c := range []struct {
		location *store.Location
		whole    bool
	}{{locationAt(10, 19), true}, {locationAt(10, 20), false}, {locationAt(11, 35), true}, {locationAt(), true}} {
		if got := s.hasBody(c.location); got != c.whole {
			t.Errorf("body at %v: %t", c.location.Runs, got)
		}
	}
	if !s.hasObject(entry{lowest: 10, head: 30}) || s.hasObject(entry{lowest: 20, head: 30}) || s.hasObject(entry{lowest: 10, head: 20}) {
		t.Error("objects are not where their entries say")
	}
}

// Segments past use go first, then the oldest. Those with parts of arriving bodies are
// spared while there are others, and the last always stays.
func TestVictim(t *testing.T) {
	var s segments
	a := s.begin(10, 0)
	s.wrote(1, 100)
	if s.victim(0) != nil {
		t.Error("the last segment")
	}
	body := new(arrival)
	s.arrives(body)
	b := s.begin(20, 0)
	s.wrote(1, 50)
	c := s.begin(30, 0)
	s.wrote(1, 100)
	s.begin(40, 0)
	if got := s.victim(0); got != b {
		t.Errorf("not the second: %+v", got)
	}
	s.extend(locationAt(30), 10)
	s.extend(locationAt(20), 200)
	if got := s.victim(150); got != c {
		t.Errorf("not the one past use: %+v", got)
	}
	body.over.Store(true)
	if got := s.victim(0); got != a {
		t.Errorf("not the oldest: %+v", got)
	}
}

func TestTouch(t *testing.T) {
	var s segments
	seg := s.begin(10, 0)
	k := object("/a", 1).Key
	s.touch(k, 12)
	s.touch(k, 12)
	s.touch(k, 5) // dropped long ago
	if len(seg.hot) != 1 || s.hot != 1 {
		t.Errorf("%d hot keys, counted %d", len(seg.hot), s.hot)
	}
	if hot := s.takeHot(seg); len(hot) != 1 || s.hot != 0 || len(s.takeHot(seg)) != 0 {
		t.Error("hot keys are not taken")
	}
}
