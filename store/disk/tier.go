package disk

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/purge"
	"brink/store"
)

// Options are the settings of a tier.
type Options struct {
	Path     string               // of a directory for the tier alone, which is made
	Size     int64                // budget in bytes, at least MinSize; what is on disk stays below a tenth more
	Queue    int64                // bytes of objects that may wait to be written; 0: a part of Memory
	Memory   int64                // budget in bytes for buffers, caches and what waits to be written; 0: a default
	Files    int                  // that each of the two databases keeps open; 0: a default
	Deadline time.Duration        // for a read; later it is a miss. 0: a default
	Seed     uint64               // of the keys in a directory that has none yet; 0: a random one
	Now      func() store.Instant // the node's clock
	FS       vfs.FS               // nil: the system's

	// Report, if not nil, is told of each change of state, and why. It is called
	// by one goroutine at a time.
	Report func(State, error)
}

// MinSize is the smallest budget that a tier works with.
const MinSize = 64 << 20

const (
	defaultMemory   = 256 << 20
	defaultFiles    = 1024
	leastCache      = 4 << 20 // in less, blocks of bodies leave none of what leads to them
	defaultDeadline = 100 * time.Millisecond
	closeTimeout    = 10 * time.Second
	openTimeout     = 10 * time.Second
	fullTimeout     = 400 * time.Millisecond // instead, on a full disk
)

// Tier is objects on disk. Its methods may be called from any goroutine.
type Tier struct {
	options   Options
	sizes     sizes
	databases atomic.Pointer[databases] // nil: out of service
	queue     *queue
	segments  atomic.Pointer[segments] // of the databases opened last
	counts    counters
	seed      uint64
	stamp     purge.Seq // the newest that an object in the directory had when it was opened

	home         home
	room         *room
	limit        atomic.Int64  // of segments and index together: sizes.limit, or less if the disk has less
	limitLowered atomic.Bool   // the writer is to drop what is over the limit
	late         atomic.Int64  // reads in a row that were too slow
	slow         chan struct{} // has one in it when they were too many

	mu struct {
		sync.Mutex

		state State
		cut   []*guard // of databases that were given up
		empty bool     // only new databases may come into service: what is to be deleted was not noted
	}

	// Of the goroutine that supervises.
	epoch  uint64 // the last that was begun
	opened *databases

	abandoned atomic.Int64   // databases that were given up and are not closed
	attempts  sync.WaitGroup // to open databases
	quit      chan struct{}
	running   sync.WaitGroup
	closed    atomic.Bool
}

// sizes are the parts of the budgets, in bytes.
type sizes struct {
	queue    int64 // of what waits to be written
	cache    int64 // of the index's blocks
	logCache int64 // of the log's
	limit    int64 // of segments and index together
	object   int64 // of the largest object
	room     int64 // of the file that goes when the disk is full
	segment  int64 // at which a new one is begun
	memtable int64 // of the log: what a flush writes at most
	file     int64 // that is worth a flush

	indexMemtable int64

	files int // that a database keeps open
}

// sizesOf shares the budgets out. Half of the memory is for memtables of the
// log, of which there may be memtables at a time.
func sizesOf(budget, memory int64) sizes {
	s := sizes{
		files:    defaultFiles,
		queue:    memory / 4,
		cache:    max(leastCache, min(memory/8, 64<<20)),
		logCache: max(leastCache, min(memory/16, 16<<20)),
		segment:  min(max(budget/32, 2<<20), 128<<20),
		memtable: max(1<<20, min(budget/64, memory/2/memtables, 64<<20)),

		indexMemtable: max(1<<19, min(budget/128, memory/64, 4<<20)),
	}
	// A flush takes all memtables but the one that is written to. Until it has
	// ended nothing is dropped.
	s.room = (memtables-1)*s.memtable + 1<<20
	// The boundary file of what was dropped stays whole, and so may one that is
	// being written.
	s.limit = budget - 2*s.memtable - budget/100 - s.room
	s.object = s.limit / 8 // so that it does not drive out all the rest
	s.file = max(1<<20, budget/8192)
	return s
}

// Open opens a directory, and makes it if it is not there. It takes part in
// nothing until the tier is given to a store.
//
// What makes no sense in the directory is replaced by an empty beginning. If the
// disk does not work, the tier is out of service until it does. Only ErrInUse,
// and options that cannot be, are errors.
func Open(o Options) (*Tier, error) {
	if o.Size < MinSize {
		return nil, fmt.Errorf("disk budget of %d bytes is less than %d", o.Size, int64(MinSize))
	}
	if o.Memory <= 0 {
		o.Memory = defaultMemory
	}
	sizes := sizesOf(o.Size, o.Memory)
	if o.Files > 0 {
		sizes.files = o.Files
	}
	return openSized(o, sizes)
}

func openSized(o Options, sizes sizes) (*Tier, error) {
	if o.Now == nil {
		return nil, errors.New("a disk tier needs a clock")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Queue <= 0 {
		o.Queue = sizes.queue
	}
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	t := &Tier{
		options: o, sizes: sizes, queue: newQueue(o.Queue), seed: o.Seed,
		home: home{fs: o.FS, path: o.Path},
		slow: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	t.room = newRoom(o.FS, t.home.join("room"), t.sizes.room)
	t.segments.Store(new(segments))
	t.limit.Store(t.sizes.limit)
	if err := t.start(); err != nil {
		return nil, err
	}
	return t, nil
}

// begin takes databases into service.
func (t *Tier) begin(d *databases) error {
	w := &writer{tier: t, d: d, next: firstOf(d.epoch), stamp: d.stamp}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case d.seed != t.seed:
		return errStrange
	case t.mu.empty && !d.fresh:
		return errLost
	}
	t.mu.empty = false
	t.segments.Store(&d.segments)
	w.lease = t.queue.begin(!d.fresh)
	d.writing.Go(w.run)
	t.late.Store(0)
	t.databases.Store(d)
	return nil
}

// Seed returns the seed with which the keys of what is stored were made.
func (t *Tier) Seed() uint64 { return t.seed }

// Stamp returns the newest stamp that an object in the directory had when it was
// opened. The purges that were numbered up to it must be known.
func (t *Tier) Stamp() purge.Seq { return t.stamp }

// Largest returns how many bytes a body may have.
func (t *Tier) Largest() int64 { return t.sizes.object }

// Oldest returns the newest stamp there was when the oldest of the directory was
// written. Few objects are older: what was hot is written again, and some fetches
// take long.
func (t *Tier) Oldest() purge.Seq { return t.segments.Load().oldest() }

// Save has o written behind the caller. What is there for its key is not found
// any more, even if o cannot be written.
func (t *Tier) Save(o *store.Object) {
	n := size(o)
	if n <= t.sizes.object && t.put(&work{key: o.Key, object: o, bytes: n}) {
		return
	}
	t.counts.dropped.Add(1)
	t.Delete(o.Key)
}

// Delete has a key forgotten.
func (t *Tier) Delete(k store.Key) {
	if t.put(&work{key: k, bytes: deletion}) || t.closed.Load() {
		return
	}
	// Nobody may find what should be deleted: nothing is found any more.
	t.counts.lost.Add(1)
	t.mu.Lock()
	t.mu.empty = true
	d := t.databases.Swap(nil)
	t.mu.Unlock()
	if d != nil {
		d.watch.fail(errLost)
	}
}

// deleteUnreadable queues the deletion of an object whose head cannot be read, unless
// another object has its key by then.
func (t *Tier) deleteUnreadable(k store.Key, head position) {
	t.put(&work{key: k, only: head, bytes: deletion})
}

// put queues work. Out of service objects are not taken; what is to be deleted
// waits until there is a place to delete it from.
func (t *Tier) put(w *work) bool {
	if w.object != nil && t.databases.Load() == nil {
		return false
	}
	return t.queue.put(w)
}

// size is what an object takes in the queue.
func size(o *store.Object) int64 {
	n := int64(deletion + len(o.Text) + o.Head.Size())
	for _, run := range o.Body {
		n += int64(len(run))
	}
	if v := o.Variants; v != nil && v.Plain != nil {
		n += size(v.Plain)
	}
	return n
}

// Drain waits until all that was to be written has been, durably. It reports
// errLate after the limit, and errOff if the tier is out of service.
func (t *Tier) Drain(limit time.Duration) error {
	d := t.databases.Load()
	if d == nil {
		return errOff
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.queue.drained():
	case <-d.watch.failed:
		return errOff
	case <-timer.C:
		return errLate
	}
	_, err := within(t, limit, func(d *databases) (struct{}, error) { return struct{}{}, d.flush() })
	return err
}

// Close writes what is to be written, durably, and closes the directory. A disk
// that does not answer is not waited for.
func (t *Tier) Close() error {
	if t.closed.Swap(true) {
		return nil
	}
	err := t.Drain(closeTimeout)
	if errors.Is(err, errOff) {
		err = nil // nothing is lost that is not lost already
	}
	t.queue.close()
	close(t.quit)
	t.running.Wait()
	t.databases.Store(nil)
	return errors.Join(err, t.leaveHome(closeTimeout))
}
