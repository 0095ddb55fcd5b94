package store

import "sync"

// lent counts the bytes of the RAM tier's budget that file copies and purge rules use.
type lent struct {
	sync.Mutex

	fileCopies, rules int64 // bytes
}

// lendFileCopies takes bytes from the RAM tier for file copies.
func (s *Store) lendFileCopies(bytes int64) {
	s.lent.Lock()
	defer s.lent.Unlock()
	s.lent.fileCopies = bytes
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

func (s *Store) shareLocked() { s.tier.resize(s.split.tier - s.lent.fileCopies - s.lent.rules) }
