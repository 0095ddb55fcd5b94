package store

import "sync"

// lent counts the bytes of the RAM tier's budget that spools and purge rules use.
type lent struct {
	sync.Mutex

	spools, rules int64 // bytes
}

// lendSpools takes bytes from the RAM tier for spools.
func (s *Store) lendSpools(bytes int64) {
	s.lent.Lock()
	defer s.lent.Unlock()
	s.lent.spools = bytes
	s.shareLocked()
}

// lendRules takes from the RAM tier the bytes that the purge rules need now.
func (s *Store) lendRules() {
	bytes := s.purges.Memory()
	s.lent.Lock()
	defer s.lent.Unlock()
	if s.lent.rules != bytes {
		s.lent.rules = bytes
		s.shareLocked()
	}
}

func (s *Store) shareLocked() { s.tier.resize(s.split.tier - s.lent.spools - s.lent.rules) }
