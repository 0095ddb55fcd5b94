package purge

import (
	"sync"
	"sync/atomic"
)

const tableShards = 64

// table holds the rules in force, in bounded memory. Each shard has a young and an old
// generation. When the young one is full, the old one is dropped.
//
// INVARIANT: dropping a rule raises the floor, so that everything that it may have
// covered is doubtful and is validated before use.
type table struct {
	names   Names
	limit   int // of rules in a generation of a shard
	floor   atomic.Uint64
	hard    atomic.Uint64 // the newest rule for all
	soft    atomic.Uint64
	newest  [256]atomic.Uint64 // rule of each kind, so that kinds that nobody purges cost nothing
	dropped atomic.Uint64      // rules forgotten for lack of room
	shards  [tableShards]shard
}

type shard struct {
	mu sync.RWMutex

	young, old map[ID]numbers
	oldest     Seq // the newest number in old: what the floor becomes when it goes
	newest     Seq // in young
}

// numbers are the newest purges of one ID; zero: none.
type numbers struct {
	hard, soft Seq
	kind       Kind
}

func (n numbers) write(b *rows, id ID) {
	if n.hard > 0 {
		b.add(n.kind, false, id, n.hard)
	}
	if n.soft > 0 {
		b.add(n.kind, true, id, n.soft)
	}
}

func newTable(names Names, limit int) *table {
	t := &table{names: names, limit: max(1, limit/tableShards/2)}
	for i := range t.shards {
		t.shards[i].young = make(map[ID]numbers)
	}
	return t
}

func raise(n *atomic.Uint64, seq Seq) {
	for old := n.Load(); old < uint64(seq) && !n.CompareAndSwap(old, uint64(seq)); old = n.Load() {
	}
}

// put puts a rule in force. A concurrent covers may see it or not.
func (t *table) put(r Rule, seq Seq) {
	if r.Kind == All {
		if r.Soft {
			raise(&t.soft, seq)
		} else {
			raise(&t.hard, seq)
		}
		return
	}
	sh := &t.shards[r.ID.Lo%tableShards]
	sh.mu.Lock()
	n, known := sh.young[r.ID]
	if !known {
		if len(sh.young) >= t.limit {
			raise(&t.floor, sh.oldest)
			t.dropped.Add(uint64(len(sh.old)))
			sh.old, sh.oldest = sh.young, sh.newest
			sh.young = make(map[ID]numbers)
		}
		n = sh.old[r.ID]
	}
	if r.Soft {
		n.soft = max(n.soft, seq)
	} else {
		n.hard = max(n.hard, seq)
	}
	n.kind = r.Kind
	sh.young[r.ID] = n
	sh.newest = max(sh.newest, seq)
	sh.mu.Unlock()
	raise(&t.newest[r.Kind], seq)
}

// of returns the newest purges of an ID.
func (t *table) of(id ID) numbers {
	sh := &t.shards[id.Lo%tableShards]
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if n, ok := sh.young[id]; ok {
		return n
	}
	return sh.old[id]
}

// covers says what the rules newer than stamp mean for a subject.
func (t *table) covers(s *Subject, stamp Seq) Verdict {
	if Seq(t.hard.Load()) > stamp {
		return Hard
	}
	v := Untouched
	if Seq(t.soft.Load()) > stamp {
		v = Soft
	}
	look := func(id ID) bool {
		n := t.of(id)
		if n.hard > stamp {
			v = Hard
		} else if n.soft > stamp {
			v = max(v, Soft)
		}
		return v != Hard
	}
	if t.since(URL, stamp) && !look(s.URL) {
		return Hard
	}
	if t.since(Tag, stamp) && !s.tags(look) {
		return Hard
	}
	if t.since(SiteTag, stamp) && !s.tags(func(tag ID) bool { return look(t.names.SiteTag(s.Site, tag)) }) {
		return Hard
	}
	if t.since(Host, stamp) && !look(t.names.Host(s.Host)) {
		return Hard
	}
	if t.since(Site, stamp) && !look(s.Site) {
		return Hard
	}
	if t.since(Prefix, stamp) {
		s.prefixes(t.names, look)
	}
	if v != Hard && t.since(Stem, stamp) {
		s.stems(t.names, look)
	}
	// The floor comes last: a rule that was dropped meanwhile has raised it.
	if Seq(t.floor.Load()) > stamp {
		v = max(v, Doubtful)
	}
	return v
}

// since reports whether there is a rule of a kind newer than stamp.
func (t *table) since(k Kind, stamp Seq) bool { return Seq(t.newest[k].Load()) > stamp }

// len returns how many rules there are.
func (t *table) len() (n int) {
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.RLock()
		n += len(sh.young) + len(sh.old)
		sh.mu.RUnlock()
	}
	return n
}

// most returns how many rules fit.
func (t *table) most() int { return tableShards * 2 * t.limit }

// trim forgets the rules up to a number, and returns how many. A map keeps its memory
// when it shrinks, so the rules that are left move to new maps.
func (t *table) trim(upTo Seq) (forgotten int) {
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.Lock()
		for _, m := range []*map[ID]numbers{&sh.young, &sh.old} {
			left := newer(*m, upTo)
			forgotten += len(*m) - len(left)
			*m = left
		}
		sh.mu.Unlock()
	}
	return forgotten
}

// newer returns the rules that are newer than a number.
func newer(rules map[ID]numbers, than Seq) map[ID]numbers {
	left := make(map[ID]numbers)
	for id, n := range rules {
		if max(n.hard, n.soft) > than {
			left[id] = n
		}
	}
	return left
}

// write appends the rules to a journal's rows.
func (t *table) write(b *rows) {
	b.add(All, false, ID{}, Seq(t.hard.Load()))
	b.add(All, true, ID{}, Seq(t.soft.Load()))
	for i := range t.shards {
		sh := &t.shards[i]
		sh.mu.RLock()
		for _, m := range []map[ID]numbers{sh.old, sh.young} {
			for id, n := range m {
				n.write(b, id)
			}
		}
		sh.mu.RUnlock()
	}
}
