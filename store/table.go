package store

import "sync"

const shardCount = 256

// shard is the part of the fill and settling tables for a 256th of all keys.
// All keys that share half a hash, and so a slot, are in one shard.
type shard struct {
	mu struct {
		sync.Mutex

		fills    map[Key]*Fill      // those that others may join
		live     map[*Fill]struct{} // all that have not ended; each is in the shard of the key that it began with
		settling map[uint64]*slot   // on their way into the RAM tier
		loads    map[Key]*load      // reads of the tier below, under way
	}
}

func (sh *shard) init() {
	sh.mu.fills = make(map[Key]*Fill)
	sh.mu.live = make(map[*Fill]struct{})
	sh.mu.settling = make(map[uint64]*slot)
	sh.mu.loads = make(map[Key]*load)
}

// shard returns the shard of k. The RAM tier picks its own by the lowest bits.
func (s *Store) shard(k Key) *shard { return &s.shards[k.Hi>>56] }

func (s *Store) shardOf(sl *slot) *shard { return &s.shards[sl.hash>>56] }

// unlist makes sure that no request joins f any more.
func (s *Store) unlist(f *Fill) {
	s.unlistKey(f, f.key)
	if alias := f.alias.Load(); alias != nil {
		s.unlistKey(f, alias.Key)
	}
}

func (s *Store) unlistKey(f *Fill, k Key) {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.mu.fills[k] == f {
		delete(sh.mu.fills, k)
	}
}

// list lets requests for the key of o join f, too, unless another fill for that key is
// under way. It is called if the response is of another variant than the key that f
// began with.
func (s *Store) list(f *Fill, o *Object) {
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, taken := sh.mu.fills[o.Key]; !taken && !f.fenced.Load() {
		f.alias.Store(o)
		sh.mu.fills[o.Key] = f
	}
}

// retire removes f from all tables.
func (s *Store) retire(f *Fill) {
	s.unlist(f)
	sh := s.shard(f.key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, live := sh.mu.live[f]; live {
		delete(sh.mu.live, f)
		s.counts.fills.Add(-1)
		s.flight.release(fillOverhead)
	}
}
