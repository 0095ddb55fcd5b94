package store

// Replace stores o in place of old, which has the same key, and reports whether
// it did: something else may have taken old's place meanwhile. The caller must
// not change o afterwards.
func (s *Store) Replace(old, o *Object) bool {
	checkObject(o)
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sl := s.slotLocked(sh, o.Key.Hi)
	if sl == nil {
		return false
	}
	now := sl.object.Load()
	if now != old && (now == nil || now.Variants == nil || now.Variants.Plain != old) {
		return false
	}
	return s.publishLocked(sh, o, 0)
}
