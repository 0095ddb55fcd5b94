package store

// Admission says when an object goes to the tier below RAM.
type Admission uint8

const (
	AdmitAuto   Admission = iota // when it is worth a place there: see Store.admits and Store.MarkUsed
	AdmitAlways                  // when it is stored
	AdmitNever                   // not at all, nor is a longer body than RAM takes kept
)

var admissions = [...]string{AdmitAuto: "auto", AdmitAlways: "always", AdmitNever: "off"}

func (a Admission) String() string { return admissions[a] }

// admits reports whether o, which is stored in place of before, is to be
// written below now: if that was, or if its URL was asked for lately, or if RAM
// does not take it.
func (s *Store) admits(before, o *Object) bool {
	switch o.Admission {
	case AdmitAlways:
		return true
	case AdmitNever:
		return false
	}
	known := before != nil && before.Key == o.Key && before.demoted.Load()
	return known || o.Variants != nil || s.doorkeeper.testAndAdd(o.Key) || o.OnDisk() || o.cost() > s.maxCost
}

// MarkUsed notes that o is in use. From its first use on, the tier below keeps o, too,
// unless a says that it may not.
func (s *Store) MarkUsed(o *Object, a Admission) {
	if s.disk == nil || a == AdmitNever || o.demoted.Load() {
		return
	}
	// What is not stored any more must not take the place of what is, or come back.
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sl := s.slotLocked(sh, o.Key.Hi); sl != nil && sl.object.Load() == o && !o.demoted.Swap(true) {
		s.disk.Save(o)
	}
}

// mayKeepBelow reports whether the tier below may have the body of o while it
// arrives.
func (s *Store) mayKeepBelow(o *Object) bool {
	return s.disk != nil && o.Partial == nil && o.Admission != AdmitNever
}

// longest is the longest body of o, in bytes, that a fill keeps in memory.
func (s *Store) longest(o *Object) int64 {
	if o.Admission == AdmitNever {
		return s.maxUnspilled
	}
	return s.maxObject
}
