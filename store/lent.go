package store

import "sync"

// lent is what others have of the RAM tier's share of the budget: spools and purge rules.
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

// lendRules takes from the RAM tier what the purge rules need by now.
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
