package accesslog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"brink/conf"
)

// Change is a change of the settings. Its new destination is open already:
//
//	Prepare -> Commit -> Finish
type Change struct {
	log  *Log
	conf conf.Log
	next *pipe // nil: nothing changes
	old  *pipe // nil: there are no lines to write out
}

// Prepare does the steps of a change to c that can fail, and puts nothing in use yet. It
// waits for the end of another change. Commit and Finish must follow.
func (l *Log) Prepare(c conf.Log) (*Change, error) {
	l.mu.Lock()
	change := &Change{log: l, conf: c}
	was := l.mu.conf
	if l.mu.closed || was.Access == c.Access && was.Format == c.Format && was.Sample == c.Sample {
		return change, nil
	}
	next, err := l.open(c)
	if err != nil {
		l.mu.Unlock()
		return nil, err
	}
	change.next = next
	return change, nil
}

// Commit puts the settings in use. It cannot fail, and does not wait. A line goes to the
// old destination or to the new one, never to both and never to none.
func (c *Change) Commit() {
	if c.next != nil {
		c.log.mu.conf = c.conf
		c.old = c.log.pipe.Swap(c.next)
	}
}

// Finish writes the lines that are still buffered for the old destination. It returns
// an error if that takes longer than two seconds.
func (c *Change) Finish() error {
	defer c.log.mu.Unlock()
	if c.old == nil {
		return nil
	}
	return c.old.retire()
}

// Check returns an error if an access log could not be opened. It creates no file.
func Check(c conf.Log) error {
	if !isFile(c.Access) {
		return nil
	}
	f, err := os.OpenFile(c.Access, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	switch {
	case err == nil:
		err = f.Close()
	case errors.Is(err, fs.ErrNotExist):
		err = canCreate(filepath.Dir(c.Access))
	}
	if err != nil {
		return fmt.Errorf("open access log: %w", err)
	}
	return nil
}

// canCreate returns an error if no file can be created in a directory.
func canCreate(dir string) error {
	const write, search = 2, 1
	about, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case !about.IsDir():
		return &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	if err := syscall.Access(dir, write|search); err != nil {
		return &fs.PathError{Op: "create a file in", Path: dir, Err: err}
	}
	return nil
}
