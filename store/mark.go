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

// MarkKind says which fact a mark stands for. The kinds are the caller's: the store
// only keeps them apart.
type MarkKind uint8

// marks remembers facts about keys for a while, in a table of fixed size: sets of
// four entries, of which the one that ends soonest is overwritten. Reading takes no
// lock.
type marks struct {
	sets  []markSet // a power of two
	locks [markLocks]sync.Mutex
}

type markSet [markWays]mark

// mark is an entry. Its version is odd while it is written. A reader that sees an
// odd version, or another version after it has read, treats the entry as empty.
type mark struct {
	version atomic.Uint32
	kind    atomic.Uint32
	hi, lo  atomic.Uint64
	until   atomic.Int64 // zero: empty
}

func newMarks(entries int) *marks {
	return &marks{sets: make([]markSet, entries/markWays)}
}

// set returns the set for marks of a kind on k. The marks of one key are in
// different sets.
func (m *marks) set(kind MarkKind, k Key) (*markSet, *sync.Mutex) {
	const spread = 0x9e3779b97f4a7c15
	i := (k.Lo + uint64(kind)*spread) & uint64(len(m.sets)-1)
	return &m.sets[i], &m.locks[i%markLocks]
}

// is reports whether e marks k with this kind.
func (e *mark) is(kind MarkKind, k Key) bool {
	return e.hi.Load() == k.Hi && e.lo.Load() == k.Lo && e.kind.Load() == uint32(kind)
}

// lasts is like is, and reports whether the mark lasts beyond now. It takes no lock.
func (e *mark) lasts(kind MarkKind, k Key, now Instant) bool {
	v := e.version.Load()
	if v&1 != 0 || !e.is(kind, k) {
		return false
	}
	until := e.until.Load()
	return e.version.Load() == v && Instant(until) > now
}

// write overwrites e; the set's lock is held.
func (e *mark) write(kind MarkKind, k Key, until Instant) {
	e.version.Add(1)
	e.hi.Store(k.Hi)
	e.lo.Store(k.Lo)
	e.kind.Store(uint32(kind))
	e.until.Store(int64(until))
	e.version.Add(1)
}

// Mark remembers a fact about k until then. The mark may be lost earlier.
func (s *Store) Mark(kind MarkKind, k Key, until Instant) {
	set, mu := s.marks.set(kind, k)
	mu.Lock()
	defer mu.Unlock()
	victim := &set[0]
	for i := range set {
		e := &set[i]
		if e.is(kind, k) {
			victim = e
			break
		}
		if e.until.Load() < victim.until.Load() {
			victim = e
		}
	}
	victim.write(kind, k, until)
}

// Marked reports whether k has a mark of this kind now.
func (s *Store) Marked(kind MarkKind, k Key, now Instant) bool {
	set, _ := s.marks.set(kind, k)
	for i := range set {
		if set[i].lasts(kind, k, now) {
			return true
		}
	}
	return false
}

// Unmark removes the mark of this kind from k.
func (s *Store) Unmark(kind MarkKind, k Key) {
	if !s.Marked(kind, k, 0) {
		return
	}
	set, mu := s.marks.set(kind, k)
	mu.Lock()
	defer mu.Unlock()
	for i := range set {
		if e := &set[i]; e.is(kind, k) {
			e.write(0, Key{}, 0)
		}
	}
}

// count returns how many marks last beyond now.
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
