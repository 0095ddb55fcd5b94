package store

import "brink/purge"

// Join answers under one lock what a request does about a miss:
//
//   - obj is not nil: it is stored by now, and accept returned true for it. accept is
//     called without a lock held, maybe more than once, and never for an object that a
//     hard purge covers. nil accepts everything. A refresh passes a function that rejects
//     the object to be replaced. obj may be an index (Variants).
//   - leads is false: another request is fetching it. The caller waits for f.
//   - leads is true: the caller fetches it, and must end f.
//
// primary is the key of the URL alone, which purges use. A fill that began before a
// purge that covers the key is never joined: a new fill takes its place, and the old
// one stores nothing.
func (s *Store) Join(k, primary Key, text string, accept func(*Object, purge.Verdict) bool) (obj *Object, f *Fill, leads bool) {
	var rejected *Object
	for {
		o := s.stored(k, text, rejected, func(sh *shard) { f, leads = s.attachLocked(sh, k, primary, text) })
		if o == nil {
			return nil, f, leads
		}
		if v := s.Verdict(o); v != purge.Hard && (accept == nil || accept(o, v)) {
			return o, nil, false
		}
		rejected = o
	}
}

// stored returns what is stored for the key. If nothing is, or only the rejected
// object, it calls otherwise with the shard still locked and returns nil.
func (s *Store) stored(k Key, text string, rejected *Object, otherwise func(*shard)) *Object {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sl := s.slotLocked(sh, k.Hi); sl != nil {
		o := sl.object.Load()
		if o != nil && o != rejected && o.Key == k && o.Text == text {
			return o
		}
	}
	otherwise(sh)
	return nil
}

// attachLocked returns the fill for a key, and whether it is a new one.
func (s *Store) attachLocked(sh *shard, k, primary Key, text string) (f *Fill, leads bool) {
	old := sh.mu.fills[k]
	switch {
	case old == nil:
	case !old.isFor(k, text):
		// Two texts have the same hash: the later request fetches on its own.
		s.counts.collisions.Add(1)
		return s.beginLocked(sh, k, primary, text), true
	case s.joinable(old):
		s.counts.joined.Add(1)
		return old, false
	default:
		old.fenced.Store(true)
	}
	f = s.beginLocked(sh, k, primary, text)
	sh.mu.fills[k] = f
	return f, true
}

// BeginPrivate returns a fill that nobody can join. Its caller has a Claim to it: all
// of the body is kept until WaitClaimed, even if it overflows. It must be ended like a
// fill of Join, and stores its object in the same way.
func (s *Store) BeginPrivate(k, primary Key, text string) *Fill {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	f := s.beginLocked(sh, k, primary, text)
	f.mu.body.owed = 1
	return f
}

func (s *Store) beginLocked(sh *shard, k, primary Key, text string) *Fill {
	f := &Fill{
		store: s, key: k, primary: primary, text: text,
		version: s.purges.Version(), begun: s.now(),
		decided: make(chan struct{}),
	}
	f.stamp = s.purges.Latest() // read after the version: a purge between the two is asked about
	f.mu.body.length = -1
	sh.mu.live[f] = struct{}{}
	s.counts.fills.Add(1)
	s.flight.force(fillOverhead)
	return f
}
