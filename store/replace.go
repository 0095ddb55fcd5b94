package store

// Replace stores o in place of old, which has the same key. It reports false if
// something else is stored there by now. The caller must not change o afterwards.
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
