package disk

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/store"
)

// Options are the settings of a tier.
type Options struct {
	Path     string               // of a directory for the tier alone, which is made
	Size     int64                // budget in bytes, at least MinSize; what is on disk stays below a tenth more
	Queue    int64                // bytes of objects that may wait to be written; 0: a default
	Deadline time.Duration        // for a read; later it is a miss. 0: a default
	Seed     uint64               // of the keys in a directory that has none yet; 0: a random one
	Now      func() store.Instant // the node's clock
	FS       vfs.FS               // nil: the system's
}

// MinSize is the smallest budget that a tier works with.
const MinSize = 64 << 20

const (
	defaultQueue    = 64 << 20
	defaultDeadline = 100 * time.Millisecond
	closeTimeout    = 10 * time.Second
)

// Tier is objects on disk. Its methods may be called from any goroutine.
type Tier struct {
	options   Options
	sizes     sizes
	databases atomic.Pointer[databases] // nil: out of service
	queue     *queue
	segments  segments
	journal   journal
	counts    counters
	seed      uint64

	quit    chan struct{}
	running sync.WaitGroup
	closed  atomic.Bool
}

// sizes are the parts of the budget, in bytes.
type sizes struct {
	limit    int64 // of segments and index together
	object   int64 // of the largest object
	segment  int64 // at which a new one is begun
	memtable int64 // of the log: what a flush writes at most
	file     int64 // that is worth a flush

	indexMemtable int64
}

func sizesOf(budget int64) sizes {
	s := sizes{
		segment:  min(max(budget/32, 2<<20), 128<<20),
		memtable: min(max(budget/64, 1<<20), 64<<20),

		indexMemtable: min(max(budget/128, 1<<19), 4<<20),
	}
	// The boundary file of what was dropped stays whole, and so may one that is
	// being written.
	s.limit = budget - 2*s.memtable - budget/100
	s.object = s.limit / 8 // so that it does not drive out all the rest
	s.file = max(1<<20, budget/8192)
	return s
}

// Open opens a directory, and makes it if it is not there. It takes part in
// nothing until the tier is given to a store.
func Open(o Options) (*Tier, error) {
	if o.Size < MinSize {
		return nil, fmt.Errorf("disk budget of %d bytes is less than %d", o.Size, int64(MinSize))
	}
	return openSized(o, sizesOf(o.Size))
}

func openSized(o Options, sizes sizes) (*Tier, error) {
	if o.Now == nil {
		return nil, errors.New("a disk tier needs a clock")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Queue <= 0 {
		o.Queue = defaultQueue
	}
	if o.Deadline <= 0 {
		o.Deadline = defaultDeadline
	}
	t := &Tier{options: o, sizes: sizes, queue: newQueue(o.Queue), quit: make(chan struct{})}
	d, err := openDatabases(o.FS, o.Path, t.sizes, o.Seed)
	if err != nil {
		return nil, err
	}
	w, err := t.begin(d)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	t.running.Go(w.run)
	return t, nil
}

// begin takes the databases into service.
func (t *Tier) begin(d *databases) (*writer, error) {
	list, bytes, err := d.ownSegments()
	if err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	if err := t.journal.load(d); err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	t.segments.list, t.segments.bytes = list, bytes
	t.seed = d.seed
	w := &writer{tier: t, d: d, next: firstOf(d.epoch)}
	if err := w.beginSegment(); err != nil {
		return nil, err
	}
	w.measure()
	t.databases.Store(d)
	return w, nil
}

// Seed returns the seed with which the keys of what is stored were made.
func (t *Tier) Seed() uint64 { return t.seed }

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
	if !t.put(&work{key: k, bytes: deletion}) && !t.closed.Load() {
		// Nobody may find what should be deleted: nothing is found any more.
		t.counts.lost.Add(1)
		t.abandon()
	}
}

// forget has the object of a key forgotten whose head cannot be read, unless
// another has taken its place.
func (t *Tier) forget(k store.Key, head position) {
	t.put(&work{key: k, only: head, bytes: deletion})
}

// put queues work.
func (t *Tier) put(w *work) bool {
	if t.databases.Load() == nil {
		return w.object == nil // there is nothing to be found
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

// abandon takes the tier out of service.
func (t *Tier) abandon() { t.databases.Store(nil) }

// Drain waits until all that was to be written has been, durably. It reports
// errLate after the limit.
func (t *Tier) Drain(limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-t.queue.drained():
	case <-timer.C:
		return errLate
	}
	d := t.databases.Load()
	if d == nil {
		return errOff
	}
	done := make(chan error, 1)
	go func() { done <- errors.Join(t.journal.write(d), d.flush()) }()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return errLate
	}
}

// Close writes what is to be written, durably, and closes the directory. A disk
// that does not answer is not waited for.
func (t *Tier) Close() error {
	if t.closed.Swap(true) {
		return nil
	}
	err := t.Drain(closeTimeout)
	t.queue.close()
	close(t.quit)
	d := t.databases.Swap(nil)
	if d == nil || errors.Is(err, errLate) {
		return err
	}
	done := make(chan error, 1)
	go func() {
		t.running.Wait()
		for range maxReaders { // until no read is under way
			d.readers <- struct{}{}
		}
		done <- d.close()
	}()
	select {
	case cerr := <-done:
		return errors.Join(err, cerr)
	case <-time.After(closeTimeout):
		return errors.Join(err, errLate)
	}
}
