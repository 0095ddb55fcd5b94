package disk

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/purge"
)

// databases are the two databases of a directory while they are open.
type databases struct {
	log, index *pebble.DB
	watch      *watch
	guard      *guard
	lock       io.Closer      // of the directory, if it is let go with the databases
	path       string         // where to put the mark of a clean shutdown; empty: nowhere
	readers    chan struct{}  // holds one for each call that is under way, but for the writer's
	writing    sync.WaitGroup // the writer
	segments   segments
	seed       uint64
	epoch      uint64
	stamp      purge.Seq // the newest that an object had when they were opened
	fresh      bool      // made new, in the life of this tier
}

// Numbers that a tier notes of itself.
const (
	metaFormat = "format" // of the records
	metaSeed   = "seed"   // of the keys' hash
	metaEpoch  = "epoch"  // the last one begun
	metaStamp  = "stamp"  // the newest that an object had
)

// recordFormat is raised when older records cannot be read any more.
const recordFormat = 2

var (
	// errFormat: another version of brink wrote the directory.
	errFormat = errors.New("written by another version")
	// errStrange: the databases of a directory do not belong together, or not
	// to this tier.
	errStrange = errors.New("the databases are not what they should be")
)

func randomSeed() uint64 { return max(1, rand.Uint64()) }

// opening says what databases to open.
type opening struct {
	path  string
	sizes sizes
	seed  uint64 // of keys; zero: that of the databases, or a random one
	epoch uint64 // the last that this process knows of
}

func newDatabases(g *guard) *databases {
	return &databases{watch: g.watch, guard: g, readers: make(chan struct{}, maxReaders)}
}

// open opens databases, and makes them if there are none. It begins a new epoch:
// see position. After an error some of it may be open.
func (d *databases) open(o opening) (err error) {
	g := d.guard
	if err := makeDirectory(g, o.path); err != nil {
		return fmt.Errorf("make %s: %w", o.path, err)
	}
	if err := d.unmark(o.path); err != nil {
		return err
	}
	if d.index, err = pebble.Open(g.PathJoin(o.path, "index"), indexOptions(g, &o.sizes, d.watch)); err != nil {
		return fmt.Errorf("open the index: %w", err)
	}
	if err := d.begin(o); err != nil {
		return err
	}
	if d.log, err = pebble.Open(g.PathJoin(o.path, "log"), logOptions(g, &o.sizes, d.watch)); err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	return d.checkLog()
}

// makeDirectory makes a directory, durably, with those above it.
func makeDirectory(fs vfs.FS, path string) error {
	if _, err := fs.Stat(path); err == nil {
		return nil
	}
	above := fs.PathDir(path)
	if above != path && above != "." {
		if err := makeDirectory(fs, above); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(path, 0o750); err != nil {
		return err
	}
	return syncDirectory(fs, above)
}

// syncDirectory makes durable what a directory has.
func syncDirectory(fs vfs.FS, path string) error {
	dir, err := fs.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// begin reads what the databases know of themselves, and raises the epoch
// durably.
func (d *databases) begin(o opening) error {
	known, err := d.know()
	if err != nil {
		return err
	}
	if !known {
		d.seed = o.seed
		if d.seed == 0 {
			d.seed = randomSeed()
		}
	}
	if o.seed != 0 && d.seed != o.seed {
		return fmt.Errorf("%w: keys of another tier", errStrange)
	}
	d.epoch = max(d.epoch, o.epoch) + 1
	err = d.setMeta(map[string]uint64{metaFormat: recordFormat, metaSeed: d.seed, metaEpoch: d.epoch})
	if err != nil {
		return fmt.Errorf("begin an epoch: %w", err)
	}
	return nil
}

// know reads what the databases know of themselves. It reports false if that is
// nothing: they are new.
func (d *databases) know() (known bool, err error) {
	format, err := d.meta(metaFormat)
	switch {
	case err != nil:
		return false, fmt.Errorf("read the index: %w", err)
	case format != 0 && format != recordFormat:
		return false, fmt.Errorf("%w: format %d, this is %d", errFormat, format, recordFormat)
	}
	if d.seed, err = d.meta(metaSeed); err == nil {
		d.epoch, err = d.meta(metaEpoch)
	}
	var stamp uint64
	if err == nil {
		stamp, err = d.meta(metaStamp)
		d.stamp = purge.Seq(stamp)
	}
	if err != nil {
		return false, fmt.Errorf("read the index: %w", err)
	}
	return format != 0, nil
}

// checkLog refuses a log with records of epochs that the index does not know of:
// the index is not the one that was written with it, and positions would come
// to be used twice.
func (d *databases) checkLog() error {
	levels, err := d.log.SSTables()
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	for _, level := range levels {
		for _, table := range level {
			if positionOf(table.Largest.UserKey) >= firstOf(d.epoch) {
				return fmt.Errorf("%w: the log is newer than the index", errStrange)
			}
		}
	}
	return nil
}

// beginSegments finds the segments.
func (d *databases) beginSegments() error {
	list, bytes, err := d.ownSegments()
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	d.segments.list, d.segments.bytes = list, bytes
	return d.saveSegment(d.segments.begin(firstOf(d.epoch), d.stamp))
}

// flush makes durable what was written so far.
func (d *databases) flush() error {
	if err := d.log.Flush(); err != nil {
		return err
	}
	if err := d.index.LogData(nil, pebble.Sync); err != nil {
		return err
	}
	return d.watch.cause() // or it seems durable and is not
}

// close closes what is open once nobody uses it any more. It may wait for ever
// if the watch has seen a failure.
func (d *databases) close() error {
	d.writing.Wait()
	for range maxReaders {
		d.readers <- struct{}{}
	}
	var errs []error
	if d.log != nil {
		errs = append(errs, d.log.Close())
	}
	if d.index != nil {
		errs = append(errs, d.index.Close())
	}
	if d.path != "" && d.log != nil && d.watch.cause() == nil && errors.Join(errs...) == nil {
		errs = append(errs, markClean(d.guard, d.path))
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	return errors.Join(errs...)
}
