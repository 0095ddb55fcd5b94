package disk

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Directory is the directory of a tier that no node has open, for whoever looks
// after it.
type Directory struct {
	Path string
	FS   vfs.FS // nil: the system's
}

// errNone: a directory is not that of a tier.
var errNone = errors.New("there is no disk tier")

// Progress tells how far something that takes a while is.
type Progress struct {
	Step        string
	Done, Total int64 // index entries; no total: nobody knows
}

// open opens the databases as they are: no epoch begins. The log is only ever
// read, and so is the index unless writable.
func (r Directory) open(writable bool) (_ *databases, err error) {
	fs := r.FS
	if fs == nil {
		fs = vfs.Default
	}
	// Nothing is made where there is none.
	h := home{fs: fs, path: r.Path}
	newest, _, err := h.numbers()
	if err != nil || newest == 0 {
		return nil, errors.Join(fmt.Errorf("%w in %s", errNone, r.Path), err)
	}
	d := newDatabases(newGuard(fs, newRoom(fs, "", 0)))
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := h.take(); err != nil {
		return nil, err
	}
	d.lock = h.lock
	sizes := sizesOf(MinSize, defaultMemory)
	index := indexOptions(fs, &sizes, d.watch)
	index.ReadOnly = !writable
	index.ErrorIfNotExists = true
	path := h.databases(newest)
	if writable {
		err = d.unmark(path)
	} else {
		_, err = checkMark(fs, path)
	}
	if err != nil {
		return nil, err
	}
	if d.index, err = pebble.Open(fs.PathJoin(path, "index"), index); err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	known, err := d.know()
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, fmt.Errorf("%w: format 0, this is %d", errFormat, recordFormat)
	}
	// What is wrong in the log is for those to tell who read it, not for d.watch.
	log := logOptions(fs, &sizes, newWatch())
	log.ReadOnly = true
	if d.log, err = pebble.Open(fs.PathJoin(path, "log"), log); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return d, nil
}

// change has do change the index. It gives up when the disk fails, and leaves
// the databases to the end of the process: pebble keeps its locks then.
func (r Directory) change(do func(*databases) error) error {
	d, err := r.open(true)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- errors.Join(do(d), d.close()) }()
	select {
	case err := <-done:
		return errors.Join(err, d.watch.cause())
	case <-d.watch.failed:
		return fmt.Errorf("write the index: %w", d.watch.cause())
	}
}

// look has do read.
func (r Directory) look(do func(*databases) error) error {
	d, err := r.open(false)
	if err != nil {
		return err
	}
	return errors.Join(do(d), d.close())
}
