package store

import "brink/purge"

// Verdict says what the purges mean for o. It is one atomic load where no
// purge came since o was last asked about.
func (s *Store) Verdict(o *Object) purge.Verdict {
	// The number is read first: a purge that comes meanwhile is then looked up
	// the next time.
	latest := s.purges.Latest()
	if checked, v := unpackChecked(o.checked.Load()); checked == latest && checked != 0 {
		return v
	}
	if latest <= o.Stamp {
		return purge.Untouched
	}
	v := s.purges.Covers(o.Primary.URL(), o.Stamp)
	if v != purge.Hard {
		o.checked.Store(packChecked(latest, v))
	}
	return v
}

// Object.checked is the newest purge that the object was checked against, with
// the verdict, Untouched or Soft, in the lowest bit.
func packChecked(seq purge.Seq, v purge.Verdict) uint64 {
	return uint64(seq)<<1 | uint64(v&1)
}

func unpackChecked(w uint64) (purge.Seq, purge.Verdict) {
	return purge.Seq(w >> 1), purge.Verdict(w & 1)
}

// joinable reports whether no purge covers a fill: only such a one may be joined.
func (s *Store) joinable(f *Fill) bool {
	return s.purges.Latest() == f.stamp || s.purges.Covers(f.primary.URL(), f.stamp) == purge.Untouched
}
