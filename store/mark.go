package store

import (
	"sync"
	"sync/atomic"
)

const (
	markSize  = 32 // bytes of an entry
	markWays  = 4  // entries of a set
	markLocks = 64
)

// marks remembers keys for a while, in a table of fixed size: sets of four
// entries, of which the one that ends soonest is overwritten. Reading takes no
// lock.
type marks struct {
	sets  []markSet // a power of two
	locks [markLocks]sync.Mutex
}

type markSet [markWays]mark

// mark is an entry. Its version is odd while it is written; a reader that saw
// an odd one, or another one afterwards, has seen nothing.
type mark struct {
	version atomic.Uint64
	hi, lo  atomic.Uint64
	until   atomic.Int64 // zero: empty
}

func newMarks(entries int) *marks {
	return &marks{sets: make([]markSet, entries/markWays)}
}

func (m *marks) set(k Key) (*markSet, *sync.Mutex) {
	i := k.Lo & uint64(len(m.sets)-1)
	return &m.sets[i], &m.locks[i%markLocks]
}

// is reports whether e marks k beyond now.
func (e *mark) is(k Key, now Instant) bool {
	v := e.version.Load()
	if v&1 != 0 || e.hi.Load() != k.Hi || e.lo.Load() != k.Lo {
		return false
	}
	until := e.until.Load()
	return e.version.Load() == v && Instant(until) > now
}

// write overwrites e; the set's lock is held.
func (e *mark) write(k Key, until Instant) {
	e.version.Add(1)
	e.hi.Store(k.Hi)
	e.lo.Store(k.Lo)
	e.until.Store(int64(until))
	e.version.Add(1)
}

// Mark remembers that the response for k is not to be shared (hit-for-miss)
// until then. It may be forgotten earlier.
func (s *Store) Mark(k Key, until Instant) {
	set, mu := s.marks.set(k)
	mu.Lock()
	defer mu.Unlock()
	victim := &set[0]
	for i := range set {
		e := &set[i]
		if e.hi.Load() == k.Hi && e.lo.Load() == k.Lo {
			victim = e
			break
		}
		if e.until.Load() < victim.until.Load() {
			victim = e
		}
	}
	victim.write(k, until)
}

// Marked reports whether k is marked now.
func (s *Store) Marked(k Key, now Instant) bool {
	set, _ := s.marks.set(k)
	for i := range set {
		if set[i].is(k, now) {
			return true
		}
	}
	return false
}

// Unmark forgets the mark of k.
func (s *Store) Unmark(k Key) {
	if !s.Marked(k, 0) {
		return
	}
	set, mu := s.marks.set(k)
	mu.Lock()
	defer mu.Unlock()
	for i := range set {
		if e := &set[i]; e.hi.Load() == k.Hi && e.lo.Load() == k.Lo {
			e.write(Key{}, 0)
		}
	}
}

// count returns how many keys are marked at now.
func (m *marks) count(now Instant) (n int64) {
	for i := range m.sets {
		for j := range m.sets[i] {
			if Instant(m.sets[i][j].until.Load()) > now {
				n++
			}
		}
	}
	return n
}
