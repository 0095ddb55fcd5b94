package store

// Admission says when an object goes to the tier below RAM.
type Admission uint8

const (
	AdmitAuto   Admission = iota // when it is worth it: see Store.admits and Store.MarkUsed
	AdmitAlways                  // when it is stored
	AdmitNever                   // never. A body that is too long for RAM is then not stored at all
)

var admissions = [...]string{AdmitAuto: "auto", AdmitAlways: "always", AdmitNever: "off"}

func (a Admission) String() string { return admissions[a] }

// admits reports whether the tier below is to write o, which replaces before. It is if
// the tier has before, if the key was stored lately, or if RAM does not admit o.
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

// MarkUsed notes that o is in use. With its first use o is also written to the tier
// below, unless a forbids it.
func (s *Store) MarkUsed(o *Object, a Admission) {
	if s.disk == nil || a == AdmitNever || o.demoted.Load() {
		return
	}
	// An object that was replaced or deleted must not be written.
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sl := s.slotLocked(sh, o.Key.Hi); sl != nil && sl.object.Load() == o && !o.demoted.Swap(true) {
		s.disk.Save(o)
	}
}

// mayKeepBelow reports whether the body of o may go to the tier below while it arrives.
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
