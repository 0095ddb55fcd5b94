package store

import (
	"math/rand/v2"
	"sync"
	"testing"
)

func TestMarks(t *testing.T) {
	s := open(t, Options{})
	a, b := Key{1, 2}, Key{1, 3}
	now := clock()
	s.Mark(1, a, now+Second)
	if !s.Marked(1, a, now) || s.Marked(1, a, now+Second) || s.Marked(1, b, now) {
		t.Error("a is to be marked for a second, b not at all")
	}
	if n := s.Stats().Marks; n != 1 {
		t.Errorf("%d marks", n)
	}
	s.Mark(1, a, now+2*Second)
	if !s.Marked(1, a, now+Second) || s.Stats().Marks != 1 {
		t.Error("a mark is not renewed")
	}
	s.Unmark(1, b)
	s.Unmark(1, a)
	if s.Marked(1, a, now) || s.Stats().Marks != 0 {
		t.Error("mark is not forgotten")
	}
	// The zero key is one like others.
	s.Mark(1, Key{}, now+Second)
	if !s.Marked(1, Key{}, now) {
		t.Error("zero key")
	}
}

// Marks of different kinds on one key do not know of each other, and do not push each
// other out.
func TestMarkKinds(t *testing.T) {
	s := open(t, Options{})
	k, now := Key{1, 2}, clock()
	const kinds = 4 * markWays
	for kind := range MarkKind(kinds) {
		if s.Marked(kind, k, now) {
			t.Errorf("kind %d is marked by another", kind)
		}
		s.Mark(kind, k, now+Second)
	}
	if n := s.Stats().Marks; n != kinds {
		t.Errorf("%d marks of %d", n, kinds)
	}
	s.Unmark(3, k)
	for kind := range MarkKind(kinds) {
		if got := s.Marked(kind, k, now); got != (kind != 3) {
			t.Errorf("kind %d: %t", kind, got)
		}
	}
}

// What ends soonest makes room.
func TestMarksAreBounded(t *testing.T) {
	s := open(t, Options{})
	now := clock()
	for i := range markWays + 1 {
		s.Mark(1, Key{uint64(i), 7}, now+Instant(i+1)*Second)
	}
	for i := range markWays + 1 {
		if got := s.Marked(1, Key{uint64(i), 7}, now); got != (i > 0) {
			t.Errorf("mark %d: %t", i, got)
		}
	}
}

// A reader never sees the half of one entry and the half of another.
func TestMarksConcurrently(t *testing.T) {
	s := open(t, Options{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(4, uint64(w)))
			for range 20_000 {
				n := rnd.Uint64N(16)
				s.Mark(1, Key{n, n << 32}, 1000)
				if s.Marked(1, Key{n, (n + 1) % 16 << 32}, 0) {
					t.Error("a key that nobody marked")
				}
				if n == 3 {
					s.Unmark(1, Key{n, n << 32})
				}
			}
		})
	}
	wg.Wait()
}

func TestMarkedAllocatesNothing(t *testing.T) {
	s := open(t, Options{})
	if n := testing.AllocsPerRun(100, func() { s.Mark(1, Key{1, 1}, 10); s.Marked(1, Key{1, 1}, 1); s.Unmark(1, Key{1, 1}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkMarked(b *testing.B) {
	s := open(b, Options{})
	s.Mark(1, Key{1, 1}, 10)
	for b.Loop() {
		s.Marked(1, Key{1, 1}, 1)
	}
}
