package store

import (
	"sync/atomic"

	"brink/purge"
)

// slot is the entry for half a key in the RAM tier. There is at most one slot for a
// half key that the tier holds or may come to hold. So swapping the object in the slot
// replaces what is stored:
//
//	new -> queued -> offered -> in the tier -> evicted
//	          ^          |----> rejected or dropped
//	          '----------'      (published again meanwhile at another cost)
//
// INVARIANT: from queued until the tier has admitted or rejected it, a slot is in its
// shard's settling table, where Get and Join find it.
type slot struct {
	object atomic.Pointer[Object] // nil: dropped
	hash   uint64

	// The rest is guarded by the shard's lock.

	cost     int64 // of the object, in bytes
	told     int64 // the cost at which the tier holds it; 0: it does not
	offered  int64 // the cost at which it was last offered to the tier
	reserved int64 // taken from the flight budget until it is settled
	queued   bool
	dropped  bool // the tier's queue was full
	counted  bool // in the gauge of objects
}

// settleBatch is how many slots are offered to the tier at once. Each takes at most two
// entries of its queue, which has 32 Ki.
const settleBatch = 4096

// emptySlot is the cost of a slot without an object.
const emptySlot = slotOverhead

// slotLocked returns the slot of a half key, or nil.
func (s *Store) slotLocked(sh *shard, hash uint64) *slot {
	if sl := sh.mu.settling[hash]; sl != nil {
		return sl
	}
	if s.closed.Load() || !s.tier.has(hash) {
		return nil
	}
	return s.tier.get(hash)
}

// publishLocked stores o under its key, and reports whether it did. held bytes are
// reserved for o: publishLocked takes that reservation over.
func (s *Store) publishLocked(sh *shard, o *Object, held int64) bool {
	if s.closed.Load() || s.coveredHard(o) {
		s.flight.release(held)
		return false
	}
	sl := s.slotLocked(sh, o.Key.Hi)
	if sl == nil {
		sl = &slot{hash: o.Key.Hi}
	}
	before := sl.object.Load()
	o.inheritFileCopy(before)
	o = s.besideVariants(before, o)
	if !o.demoted.Load() {
		s.demoteLocked(sh, before, o)
	}
	cost := o.cost()
	if cost > s.maxCost {
		s.counts.oversize.Add(1)
		s.flight.release(held)
		s.clearLocked(sh, sl)
		return false
	}
	if !s.secureLocked(sl, cost, held) {
		s.counts.dropped.Add(1)
		s.clearLocked(sh, sl)
		return false
	}
	sl.object.Store(o)
	s.queueLocked(sh, sl, cost)
	return true
}

// coveredHard reports whether a hard purge covers o. Then there is no point in storing
// it.
func (s *Store) coveredHard(o *Object) bool {
	if s.Verdict(o) != purge.Hard {
		return false
	}
	s.counts.fenced.Add(1)
	return true
}

// secureLocked reserves the bytes that an object of this cost takes beyond those that
// the tier holds for sl. It takes held over, and gives it back on failure.
func (s *Store) secureLocked(sl *slot, cost, held int64) bool {
	want := max(0, cost-sl.told)
	have := sl.reserved + held
	switch {
	case want < have:
		s.flight.release(have - want)
	case want > have && !s.flight.reserve(want-have):
		s.flight.release(held)
		return false
	}
	sl.reserved = want
	return true
}

// clearLocked empties a slot. The tier keeps the slot, at the cost of an empty one,
// until it evicts it. Deleting it from the tier would race with the next object.
func (s *Store) clearLocked(sh *shard, sl *slot) {
	sl.object.Store(nil)
	if sl.told > 0 || sl.queued {
		s.queueLocked(sh, sl, emptySlot)
	}
}

// queueLocked queues a slot, so that the tier learns its cost.
func (s *Store) queueLocked(sh *shard, sl *slot, cost int64) {
	sl.cost = cost
	s.accountLocked(sl, sl.told)
	if sl.queued || sl.told == cost {
		return
	}
	sl.queued = true
	sh.mu.settling[sl.hash] = sl
	s.unsettled.Add(1)
	s.enqueue(sl)
}

// accountLocked updates the gauges: the tier now holds sl at the cost told.
func (s *Store) accountLocked(sl *slot, told int64) {
	s.counts.bytes.Add(told - sl.told)
	sl.told = told
	counted := told > 0 && sl.object.Load() != nil
	switch {
	case counted && !sl.counted:
		s.counts.objects.Add(1)
	case !counted && sl.counted:
		s.counts.objects.Add(-1)
	}
	sl.counted = counted
}

func (s *Store) enqueue(sl *slot) {
	s.queue.Lock()
	s.queue.slots = append(s.queue.slots, sl)
	s.queue.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// dequeue returns the next slots to settle.
func (s *Store) dequeue() []*slot {
	s.queue.Lock()
	defer s.queue.Unlock()
	batch := s.queue.slots
	s.queue.slots = nil
	if len(batch) > settleBatch {
		s.queue.slots = append([]*slot(nil), batch[settleBatch:]...)
		batch = batch[:settleBatch]
	}
	return batch
}

// updateTier runs on a goroutine of its own and brings the RAM tier up to date.
func (s *Store) updateTier() {
	for {
		select {
		case <-s.quit:
			return
		case o := <-s.hardPurged:
			s.deleteObject(o, purged)
		case <-s.kick:
			for batch := s.dequeue(); len(batch) > 0 && !s.closed.Load(); batch = s.dequeue() {
				s.offerBatch(batch)
			}
		}
	}
}

func (s *Store) offerBatch(batch []*slot) {
	room := s.tier.room()
	for _, sl := range batch {
		room -= s.offer(sl, room)
	}
	s.tier.wait()
	for _, sl := range batch {
		s.confirm(sl)
	}
}

// offer asks the tier to hold sl at its present cost. If a slot has grown by more than
// the room left, it is first deleted from the tier. It is then admitted like a new one
// and evicts others; raising the cost of a present slot evicts nothing. offer returns
// how much room the slot may take.
func (s *Store) offer(sl *slot, room int64) int64 {
	sh := s.shardOf(sl)
	sh.mu.Lock()
	cost, told := sl.cost, sl.told
	idle := told == 0 && sl.object.Load() == nil
	sl.offered, sl.dropped = cost, idle
	sh.mu.Unlock()
	if idle {
		return 0
	}
	if told > 0 && cost > told && cost-told > room {
		s.tier.del(sl.hash)
		sh.mu.Lock()
		s.accountLocked(sl, 0)
		sh.mu.Unlock()
	}
	if !s.tier.set(sl.hash, sl, cost) {
		sh.mu.Lock()
		sl.dropped = true
		sh.mu.Unlock()
	}
	return max(0, cost-told)
}

// confirm ends the settling of sl, unless it was published again meanwhile at another
// cost.
func (s *Store) confirm(sl *slot) {
	sh := s.shardOf(sl)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	there := s.tier.has(sl.hash)
	if there {
		s.accountLocked(sl, sl.offered)
	} else {
		s.accountLocked(sl, 0)
	}
	if sl.cost != sl.offered {
		s.enqueue(sl)
		return
	}
	if !there && sl.object.Load() != nil {
		if sl.dropped {
			s.counts.dropped.Add(1)
		} else {
			s.counts.rejections.Add(1)
		}
	}
	sl.queued = false
	s.flight.release(sl.reserved)
	sl.reserved = 0
	delete(sh.mu.settling, sl.hash)
	s.unsettled.Add(-1)
}

// evicted is called when the tier has evicted a slot. It runs on the tier's goroutine.
// Nothing that holds a shard's lock waits for that goroutine.
func (s *Store) evicted(sl *slot) {
	if s.closed.Load() {
		return
	}
	sh := s.shardOf(sl)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sl.counted {
		s.counts.evictions.Add(1)
	}
	s.accountLocked(sl, 0)
}
