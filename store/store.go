package store

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"brink/purge"
)

// Options are the settings of a store.
type Options struct {
	Memory      int64          // budget in bytes for objects, fills in flight and marks; at least MinMemory
	MaxObject   int64          // largest body that a fill keeps; 0: what the RAM tier can hold. At most a quarter of Memory
	MaxVariants int            // of one URL; 0: 64
	Seed        uint64         // of the key hash: secret, so that nobody can make keys collide
	Purges      *purge.Log     // never nil
	Now         func() Instant // the node's clock
	Disk        Disk           // the tier below RAM; nil: none
}

// MinMemory is the smallest budget that a store works with.
const MinMemory = 4 << 20

// defaultVariants is how many variants of a URL are kept by default.
const defaultVariants = 64

// Store holds the objects and the fills of a node. All methods but Close may be called
// from any goroutine.
type Store struct {
	seed         uint64
	maxObject    int64 // bytes of body that a fill keeps
	maxUnspilled int64 // the same for objects that may not go to the tier below
	maxSpill     int64 // bytes of body that go to the tier below while they arrive
	maxCost      int64 // of an object that the RAM tier admits
	maxVariants  int
	purges       *purge.Log
	now          func() Instant

	tier       tier
	disk       Disk        // nil: none
	doorkeeper *doorkeeper // nil without disk
	split      split
	flight     flight
	marks      *marks
	shards     [shardCount]shard
	counts     counters
	fileCopies fileCopies
	lent       lent

	unsettled  atomic.Int64 // slots in the shards' settling tables
	closed     atomic.Bool
	kick       chan struct{} // there is something in the queue
	hardPurged chan *Object  // objects that wait for deleteLater
	quit       chan struct{}
	running    sync.WaitGroup // the store's goroutines

	queue struct {
		sync.Mutex

		slots []*slot
	}
}

// New returns an empty store. It runs goroutines until Close.
func New(o Options) (*Store, error) {
	if o.Memory < MinMemory {
		return nil, fmt.Errorf("memory budget of %d bytes is less than %d", o.Memory, MinMemory)
	}
	if o.Purges == nil || o.Now == nil {
		return nil, errors.New("a store needs a purge log and a clock")
	}
	s := newStore(o)
	memory, err := newMemory(s.split.tier, s.split.counters, s.evicted)
	if err != nil {
		return nil, fmt.Errorf("make the RAM tier: %w", err)
	}
	s.start(memory)
	return s, nil
}

// Outlives reports whether objects outlive the process. Then a new store may have
// objects of an earlier process.
func (s *Store) Outlives() bool { return s.disk != nil }

// newStore makes a store without its RAM tier.
func newStore(o Options) *Store {
	s := &Store{
		seed:        o.Seed,
		maxVariants: o.MaxVariants,
		purges:      o.Purges,
		now:         o.Now,
		split:       splitBudget(o.Memory),
		kick:        make(chan struct{}, 1),
		hardPurged:  make(chan *Object, 1024),
		quit:        make(chan struct{}),
		disk:        o.Disk,
	}
	if s.disk != nil {
		s.doorkeeper = newDoorkeeper()
	}
	if s.maxVariants <= 0 {
		s.maxVariants = defaultVariants
	}
	s.maxCost = max(o.Memory/64, 1<<20)
	s.maxObject = o.MaxObject
	if s.maxObject <= 0 {
		s.maxObject = s.maxCost
	}
	s.maxObject = min(s.maxObject, s.split.flight)
	s.maxUnspilled = s.maxObject
	if s.disk != nil {
		s.maxSpill = o.MaxObject
		if s.maxSpill <= 0 {
			s.maxSpill = math.MaxInt64 // the tier below decides
		}
		s.maxObject = min(s.maxObject, s.maxCost)
	}
	s.flight.limit = s.split.flight
	s.marks = newMarks(s.split.marks)
	s.fileCopies = fileCopies{
		limit: s.split.fileCopies, files: min(maxFileCopies, openFiles()/16), lend: s.lendFileCopies,
		create: newMemfile, queue: make(chan *Object, copyQueue), counts: &s.counts,
	}
	for i := range s.shards {
		s.shards[i].init()
	}
	return s
}

// start gives s its RAM tier and starts its goroutines.
func (s *Store) start(t tier) {
	s.tier = t
	s.running.Go(s.updateTier)
	s.running.Go(s.sweeper)
	s.running.Go(func() { s.fileCopies.run(s.quit, s.now) })
}

// Close ends the store's goroutines. No other method of s may be running when Close is
// called. Afterwards Get finds nothing and nothing is stored. Fills go on.
func (s *Store) Close() {
	if s.closed.Swap(true) {
		return
	}
	close(s.quit)
	s.running.Wait()
	s.tier.close()
}

// Hash returns the key of a key text.
func (s *Store) Hash(text []byte) Key { return HashKey(text, s.seed) }

// HashKey returns the key that a store with the given seed gives a key text.
func HashKey(text []byte, seed uint64) Key {
	h := xxh3.Hash128Seed(text, seed)
	return Key{Hi: h.Hi, Lo: h.Lo}
}

// Get returns the object that is stored for a key and whose whole text equals text, or
// nil. It does not return what a hard purge covers. It allocates nothing. The only lock
// that it shares with other keys is a read lock of the RAM tier, for a 256th of all
// keys.
func (s *Store) Get(k Key, text []byte) (*Object, purge.Verdict) {
	o := s.find(k)
	if o == nil {
		return nil, purge.Untouched
	}
	if o.Key != k || o.Text != string(text) {
		s.counts.collisions.Add(1)
		return nil, purge.Untouched
	}
	v := s.Verdict(o)
	if v == purge.Hard {
		s.deleteLater(o)
		return nil, v
	}
	return o, v
}

// find returns the object in the slot of k. All keys with the same first half share
// that slot.
func (s *Store) find(k Key) *Object {
	if s.closed.Load() {
		return nil
	}
	// Read before the tier: a slot that settles between the two is then looked for in
	// the settling table, too.
	unsettled := s.unsettled.Load() != 0
	sl := s.tier.get(k.Hi)
	if sl == nil && unsettled {
		sl = s.findUnsettled(k)
	}
	if sl == nil {
		return nil
	}
	return sl.object.Load()
}

func (s *Store) findUnsettled(k Key) *slot {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return s.slotLocked(sh, k.Hi)
}

// Delete deletes what is stored for a key, and the index of its variants. No purge
// depends on it.
func (s *Store) Delete(k Key) {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s.deleteBelowLocked(sh, k)
	sl := s.slotLocked(sh, k.Hi)
	if sl == nil {
		return
	}
	if o := sl.object.Load(); o != nil && o.Key == k {
		s.counts.deleted.Add(1)
		s.clearLocked(sh, sl)
	}
}

// deleteBelowLocked deletes what the tier below has for a key.
func (s *Store) deleteBelowLocked(sh *shard, k Key) {
	if s.disk != nil {
		sh.overtakeLocked(k)
		s.disk.Delete(k)
	}
}

// deletion is why an object is deleted.
type deletion uint8

const (
	unreadable deletion = iota // its body is on disk and cannot be read
	purged                     // a hard purge covers it
)

// deleteLater deletes an object that a hard purge covers, on the store's own goroutine.
// It does nothing if too many wait for that: the purge is in force all the same.
func (s *Store) deleteLater(o *Object) {
	select {
	case s.hardPurged <- o:
	default:
	}
}

// deleteObject deletes o, unless its key holds another object by now. An unreadable
// object is deleted below even if RAM does not hold it.
func (s *Store) deleteObject(o *Object, why deletion) {
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	var now *Object
	sl := s.slotLocked(sh, o.Key.Hi)
	if sl != nil {
		now = sl.object.Load()
	}
	switch {
	case now == o && why == purged:
		s.counts.purged.Add(1)
		s.clearLocked(sh, sl)
	case now == o:
		s.counts.deleted.Add(1)
		s.clearLocked(sh, sl)
	case now != nil || why == purged:
		return
	}
	s.deleteBelowLocked(sh, o.Key)
}
