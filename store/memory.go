package store

import "github.com/dgraph-io/ristretto/v2"

// tier is the part of the RAM tier that settling uses. It holds slots by half a key. It
// may lose any of them at any time, and calls back for each that it evicts.
//
// get, has and room never block and may be called under a shard's lock. Only the
// settling goroutine calls the others.
type tier interface {
	get(hash uint64) *slot                      // nil: not there. Counts as a use
	has(hash uint64) bool                       // does not count as a use
	set(hash uint64, sl *slot, cost int64) bool // false: it was dropped. True does not mean it will be there
	del(hash uint64)
	wait() // until all that was set or deleted so far is in effect
	room() int64
	each(func(*slot))   // in no order; the callback must be quick
	resize(limit int64) // to what is set from then on
	close()
}

// memory is the RAM tier. It wraps ristretto, which decides what is worth keeping.
// Slots and settling make up for what ristretto does not promise.
//
//   - Its keys are the first halves of ours, without a second hash. Each hit compares the
//     whole text anyway. So the newer of two colliding keys gets the slot, and is not
//     rejected for as long as the older one lives.
//   - Its values are slots, at most one for each key. So a newer object replaces an older
//     one at once, whatever is still queued.
//   - One goroutine writes to it, and never more than its queue holds.
//   - It has no expiry, because a stale object can still be validated, and no metrics,
//     because its own are expensive.
type memory struct {
	cache *ristretto.Cache[uint64, *slot]
}

// newMemory returns a RAM tier for objects of limit bytes in all. It calls evicted, on
// a goroutine of the tier, for each slot that it evicts.
func newMemory(limit, counters int64, evicted func(*slot)) (*memory, error) {
	cache, err := ristretto.NewCache(&ristretto.Config[uint64, *slot]{
		NumCounters:        counters,
		MaxCost:            limit,
		BufferItems:        64,
		IgnoreInternalCost: true,
		KeyToHash:          func(hash uint64) (uint64, uint64) { return hash, 0 },
		OnEvict: func(item *ristretto.Item[*slot]) {
			if item.Value != nil {
				evicted(item.Value)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	return &memory{cache: cache}, nil
}

func (m *memory) get(hash uint64) *slot {
	sl, _ := m.cache.Get(hash)
	return sl
}

func (m *memory) has(hash uint64) bool {
	_, ok := m.cache.GetTTL(hash)
	return ok
}

func (m *memory) set(hash uint64, sl *slot, cost int64) bool { return m.cache.Set(hash, sl, cost) }
func (m *memory) del(hash uint64)                            { m.cache.Del(hash) }
func (m *memory) wait()                                      { m.cache.Wait() }
func (m *memory) each(do func(*slot)) {
	m.cache.IterValues(func(sl *slot) (stop bool) { do(sl); return false })
}
func (m *memory) room() int64        { return m.cache.RemainingCost() }
func (m *memory) resize(limit int64) { m.cache.UpdateMaxCost(limit) }
func (m *memory) close()             { m.cache.Close() }
