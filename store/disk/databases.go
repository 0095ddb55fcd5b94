package disk

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// databases are the two databases of a directory while they are open.
type databases struct {
	log, index *pebble.DB
	watch      *watch
	lock       io.Closer
	readers    chan struct{} // holds one for each read that is under way
	seed       uint64
	epoch      uint64
}

// Numbers that a tier notes of itself.
const (
	metaFormat = "format" // of the records
	metaSeed   = "seed"   // of the keys' hash
	metaEpoch  = "epoch"  // the last one begun
)

// recordFormat is raised when older records cannot be read any more.
const recordFormat = 1

// errFormat: another version of brink wrote the directory.
var errFormat = errors.New("written by another version")

// openDatabases opens the databases in a directory, and makes them if there are
// none. It begins a new epoch: see position. seed is for keys, if there is none
// yet.
func openDatabases(fs vfs.FS, path string, sizes sizes, seed uint64) (_ *databases, err error) {
	d := &databases{watch: newWatch(), readers: make(chan struct{}, maxReaders)}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := makeDirectory(fs, path); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	if d.lock, err = fs.Lock(fs.PathJoin(path, "LOCK")); err != nil {
		return nil, fmt.Errorf("%s is in use: %w", path, err)
	}
	if d.index, err = pebble.Open(fs.PathJoin(path, "index"), indexOptions(fs, uint64(sizes.indexMemtable), d.watch)); err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	if err := d.begin(seed); err != nil {
		return nil, err
	}
	if d.log, err = pebble.Open(fs.PathJoin(path, "log"), logOptions(fs, uint64(sizes.memtable), d.watch)); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return d, nil
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
	dir, err := fs.OpenDir(above)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// begin reads what the directory knows of itself, and raises the epoch durably.
func (d *databases) begin(seed uint64) error {
	format, err := d.meta(metaFormat)
	if err != nil {
		return fmt.Errorf("read the index: %w", err)
	}
	switch format {
	case 0:
		if seed == 0 {
			seed = rand.Uint64()
		}
		d.seed = seed
	case recordFormat:
		if d.seed, err = d.meta(metaSeed); err != nil {
			return fmt.Errorf("read the index: %w", err)
		}
		if d.epoch, err = d.meta(metaEpoch); err != nil {
			return fmt.Errorf("read the index: %w", err)
		}
	default:
		return fmt.Errorf("%w: format %d, this is %d", errFormat, format, recordFormat)
	}
	d.epoch++
	err = d.setMeta(map[string]uint64{metaFormat: recordFormat, metaSeed: d.seed, metaEpoch: d.epoch})
	if err != nil {
		return fmt.Errorf("begin an epoch: %w", err)
	}
	return nil
}

// flush makes durable what was written so far.
func (d *databases) flush() error {
	if err := d.log.Flush(); err != nil {
		return err
	}
	return d.index.LogData(nil, pebble.Sync)
}

// close closes what is open. It may wait for ever if the watch has seen a
// failure.
func (d *databases) close() error {
	var errs []error
	if d.log != nil {
		errs = append(errs, d.log.Close())
	}
	if d.index != nil {
		errs = append(errs, d.index.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	return errors.Join(errs...)
}
