package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"brink/purge"
)

// fakeTier is a tier that does what the test says.
type fakeTier struct {
	mu      sync.Mutex
	slots   map[uint64]*slot
	pending []func()
	left    int64
	onSet   func(hash uint64, cost int64) (taken, kept bool)
	onWait  func()
	costs   map[uint64]int64
	deletes int
}

func newFakeTier() *fakeTier {
	return &fakeTier{
		slots: map[uint64]*slot{}, costs: map[uint64]int64{}, left: 1 << 30,
		onSet: func(uint64, int64) (bool, bool) { return true, true },
	}
}

func (f *fakeTier) get(hash uint64) *slot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.slots[hash]
}

func (f *fakeTier) has(hash uint64) bool { return f.get(hash) != nil }

func (f *fakeTier) set(hash uint64, sl *slot, cost int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	taken, kept := f.onSet(hash, cost)
	if taken {
		f.pending = append(f.pending, func() {
			if kept {
				f.slots[hash], f.costs[hash] = sl, cost
			}
		})
	}
	return taken
}

func (f *fakeTier) del(hash uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.slots, hash)
	f.deletes++
}

func (f *fakeTier) wait() {
	if f.onWait != nil {
		f.onWait()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, do := range f.pending {
		do()
	}
	f.pending = nil
}

func (f *fakeTier) room() int64      { return f.left }
func (f *fakeTier) resize(int64)     {}
func (f *fakeTier) each(func(*slot)) {}
func (f *fakeTier) close()           {}

func openFake(t *testing.T, f *fakeTier) *Store {
	s := newStore(Options{Memory: 64 << 20, Purges: purge.NewLog(0, 0), Now: clock})
	s.start(f)
	t.Cleanup(s.Close)
	return s
}

func TestObjectIsServedWhileItSettles(t *testing.T) {
	tier := newFakeTier()
	reached, goOn := make(chan bool), make(chan bool)
	tier.onWait = func() { reached <- true; <-goOn }
	s := openFake(t, tier)
	s.put(whole(s, "/a", []byte("one")))
	<-reached
	if o := s.lookup("/a"); o == nil || string(content(o)) != "one" {
		t.Error("not served while it settles")
	}
	if o, _, _ := s.Join(s.Hash([]byte("/a")), Key{}, "/a", nil); o == nil {
		t.Error("Join does not see it while it settles")
	}
	// A second, larger version comes before the first has settled.
	s.put(whole(s, "/a", []byte("number two is larger")))
	if o := s.lookup("/a"); o == nil || string(content(o)) != "number two is larger" {
		t.Error("the older version is served")
	}
	if st := s.Stats(); st.Settling != 1 || st.FlightBytes == 0 {
		t.Errorf("%+v", st)
	}
	goOn <- true
	<-reached
	goOn <- true
	s.idle(t)
	o := s.lookup("/a")
	if o == nil || tier.costs[o.Key.Hi] != o.cost() || s.Stats().Bytes != o.cost() {
		t.Error("the tier was not told the cost of the second version")
	}
}

func TestRejectedSet(t *testing.T) {
	tier := newFakeTier()
	tier.onSet = func(uint64, int64) (bool, bool) { return true, false }
	s := openFake(t, tier)
	s.put(whole(s, "/a", []byte("one")))
	s.idle(t)
	if s.lookup("/a") != nil {
		t.Error("served after the tier rejected it")
	}
	if st := s.Stats(); st.Rejections != 1 || st.Objects != 0 || st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

func TestDroppedSet(t *testing.T) {
	tier := newFakeTier()
	tier.onSet = func(uint64, int64) (bool, bool) { return false, false }
	s := openFake(t, tier)
	s.put(whole(s, "/a", []byte("one")))
	s.idle(t)
	if s.lookup("/a") != nil {
		t.Error("served after the tier dropped it")
	}
	if st := s.Stats(); st.Dropped != 1 || st.Objects != 0 || st.Bytes != 0 {
		t.Errorf("%+v", st)
	}
}

// Raising the cost of what is there evicts nothing: beyond the room left, the
// object must go through admission again.
func TestGrowthBeyondTheRoomIsAdmittedAnew(t *testing.T) {
	tier := newFakeTier()
	s := openFake(t, tier)
	s.put(whole(s, "/a", []byte("one")))
	s.idle(t)
	s.put(whole(s, "/a", pattern(1000)))
	s.idle(t)
	if tier.deletes != 0 {
		t.Error("deleted although there was room")
	}
	tier.left = 100
	s.put(whole(s, "/a", pattern(10_000)))
	s.idle(t)
	if tier.deletes != 1 || s.lookup("/a") == nil {
		t.Error("not admitted anew")
	}
	s.put(whole(s, "/a", pattern(500)))
	s.idle(t)
	if tier.deletes != 1 || s.Stats().Bytes != s.lookup("/a").cost() {
		t.Error("shrinking")
	}
}

func TestPutIsDroppedWhereNoMemoryIsLeft(t *testing.T) {
	s := open(t, Options{Memory: 8 << 20})
	s.put(whole(s, "/a", []byte("old")))
	s.flight.force(s.flight.limit)
	s.put(whole(s, "/a", pattern(10_000)))
	if s.lookup("/a") != nil {
		t.Error("stored without memory, or the older version lives on")
	}
	if st := s.Stats(); st.Dropped != 1 {
		t.Errorf("%+v", st)
	}
	s.flight.release(s.flight.limit)
	s.idle(t)
}

// Two quick writes of one key: the tier itself would keep the older.
func TestQuickWritesOfOneKey(t *testing.T) {
	s := open(t, Options{})
	for i := range 5000 {
		text := fmt.Sprint("/", i%100)
		s.put(whole(s, text, []byte("old")))
		if i%3 == 0 {
			s.Delete(s.Hash([]byte(text)))
		}
		s.put(whole(s, text, fmt.Append(nil, "new ", i)))
		if i%7 == 0 {
			drain(t, s)
		}
		if o := s.lookup(text); o == nil || string(content(o)) != fmt.Sprint("new ", i) {
			t.Fatalf("write %d is not what is served", i)
		}
	}
	s.idle(t)
}

// checkGauges compares the gauges with what the shards and the tier hold.
func checkGauges(t *testing.T, s *Store) {
	t.Helper()
	st := s.Stats()
	used := s.split.tier - s.tier.room()
	if st.Bytes != used {
		t.Errorf("gauge of bytes is %d, the tier holds %d", st.Bytes, used)
	}
	if used > s.split.tier {
		t.Errorf("the tier holds %d of %d bytes", used, s.split.tier)
	}
}

func TestBudgetUnderChurn(t *testing.T) {
	s := open(t, Options{Memory: 8 << 20})
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		// First many small objects, then the same keys with larger ones.
		size := 500
		if i > 8000 {
			size = 1 + rnd.IntN(40_000)
		}
		s.put(whole(s, fmt.Sprint("/", rnd.IntN(4000)), make([]byte, size)))
		if i%100 == 0 {
			s.Delete(s.Hash(fmt.Append(nil, "/", rnd.IntN(4000))))
		}
		if st := s.Stats(); i%64 == 0 && (st.Bytes > st.TierLimit || st.FlightBytes > st.FlightLimit) {
			t.Fatalf("over the budget: %+v", st)
		}
	}
	s.idle(t)
	checkGauges(t, s)
	if st := s.Stats(); st.Evictions == 0 || st.Objects == 0 {
		t.Errorf("%+v", st)
	}
}

func TestConcurrentWritersAndReaders(t *testing.T) {
	s := open(t, Options{Memory: 4 << 20})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(3, uint64(worker)))
			for range 3000 {
				text := fmt.Sprint("/", rnd.IntN(300))
				switch rnd.IntN(6) {
				case 0, 1:
					s.put(whole(s, text, make([]byte, rnd.IntN(20_000))))
				case 2:
					s.Delete(s.Hash([]byte(text)))
				default:
					if o := s.lookup(text); o != nil && o.Text != text {
						t.Error("another object was served")
					}
				}
			}
		})
	}
	wg.Wait()
	s.idle(t)
	checkGauges(t, s)
}
