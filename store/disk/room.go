package disk

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// errNoRoom: the disk is full. What is there is found, but nothing is written.
var errNoRoom = errors.New("the disk is full")

// room is a file that only takes room on disk. When the disk is full it goes, so
// that pebble can end what it has begun: databases whose manifest cannot be
// written are lost.
type room struct {
	fs   vfs.FS
	path string
	size int64

	full atomic.Bool   // the disk was full, and the file is not back yet
	news chan struct{} // has one in it when the disk was found full

	mu sync.Mutex

	kept bool
}

func newRoom(fs vfs.FS, path string, size int64) *room {
	return &room{fs: fs, path: path, size: size, news: make(chan struct{}, 1)}
}

// release deletes the file. It reports false if it was not there, or is being made.
func (r *room) release() bool {
	r.full.Store(true)
	select {
	case r.news <- struct{}{}:
	default:
	}
	if !r.mu.TryLock() {
		return false
	}
	defer r.mu.Unlock()
	r.kept = false // it may lie there from an earlier run
	return r.fs.Remove(r.path) == nil
}

// keep makes the file. It takes its time.
func (r *room) keep() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept {
		return nil
	}
	if info, err := r.fs.Stat(r.path); err != nil || info.Size() != r.size {
		_ = r.fs.Remove(r.path)
		if err := r.write(); err != nil {
			_ = r.fs.Remove(r.path)
			r.full.Store(r.full.Load() || vfs.IsNoSpaceError(err))
			return err
		}
	}
	r.kept = true
	r.full.Store(false)
	return nil
}

// fits reports whether the disk has room for so many bytes, as far as it tells.
func (r *room) fits(bytes int64) bool {
	usage, err := r.fs.GetDiskUsage(r.fs.PathDir(r.path))
	return err != nil || int64(usage.AvailBytes) >= bytes
}

func (r *room) write() (err error) {
	if !r.fits(r.size) {
		return fmt.Errorf("make %s: %w", r.path, syscall.ENOSPC)
	}
	f, err := r.fs.Create(r.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	piece := make([]byte, 256<<10)
	for i := range piece {
		piece[i] = byte(i * i >> 3) // nothing that a file system would leave out
	}
	for left := r.size; left > 0; left -= int64(len(piece)) {
		if _, err := f.Write(piece[:min(left, int64(len(piece)))]); err != nil {
			return err
		}
	}
	return f.Sync()
}
