package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// home is a tier's directory. In it, databases live in directories of
// their own, db-1, db-2 and so on: databases that are of no use are not made
// again in their place, since what was begun there may not have ended. The
// highest number counts. What is to be deleted is called db-1.old.
type home struct {
	fs   vfs.FS
	path string

	lock    io.Closer // nil: not locked yet
	highest uint64    // number that was ever used
}

// ErrInUse: somebody else has the directory open.
var ErrInUse = errors.New("in use, perhaps by a node that runs")

const (
	databasePrefix = "db-"
	oldSuffix      = ".old"
)

// take makes the directory and locks it, unless that is done.
func (h *home) take() error {
	if h.lock != nil {
		return nil
	}
	if err := makeDirectory(h.fs, h.path); err != nil {
		return fmt.Errorf("make %s: %w", h.path, err)
	}
	lock, err := h.fs.Lock(h.fs.PathJoin(h.path, "LOCK"))
	switch {
	case err == nil:
		h.lock = lock
		return nil
	case errors.Is(err, syscall.EAGAIN), strings.Contains(err.Error(), "held by current process"):
		return fmt.Errorf("%s is %w", h.path, ErrInUse)
	}
	return fmt.Errorf("lock %s: %w", h.path, err)
}

func (h *home) release() error {
	if h.lock == nil {
		return nil
	}
	return h.lock.Close()
}

// join returns the path of something in the directory.
func (h *home) join(name string) string { return h.fs.PathJoin(h.path, name) }

// databases returns the path of databases.
func (h *home) databases(number uint64) string {
	return h.join(databasePrefix + strconv.FormatUint(number, 10))
}

// numbers returns the number of the databases that count, zero if there are
// none, and the highest that was ever used.
func (h *home) numbers() (newest, highest uint64, err error) {
	names, err := h.fs.List(h.path)
	if err != nil {
		return 0, 0, fmt.Errorf("list %s: %w", h.path, err)
	}
	for _, name := range names {
		if n, old, ok := numberOf(name); ok {
			h.highest = max(h.highest, n)
			if !old {
				newest = max(newest, n)
			}
		}
	}
	return newest, h.highest, nil
}

func numberOf(name string) (n uint64, old, ok bool) {
	digits, ok := strings.CutPrefix(name, databasePrefix)
	if !ok {
		return 0, false, false
	}
	digits, old = strings.CutSuffix(digits, oldSuffix)
	n, err := strconv.ParseUint(digits, 10, 62)
	return n, old, err == nil
}

// retire marks all databases but those that count as old: what is half deleted
// must never be taken for databases. It returns what is to be deleted.
func (h *home) retire(number uint64) (olds []string) {
	names, err := h.fs.List(h.path)
	if err != nil {
		return nil // the next time
	}
	for _, name := range names {
		n, old, ok := numberOf(name)
		if ok && !old && n != number {
			old = h.fs.Rename(h.join(name), h.join(name+oldSuffix)) == nil
			name += oldSuffix
		}
		if ok && old {
			olds = append(olds, h.join(name))
		}
	}
	return olds
}

// probe tries the disk out: pebble's databases seldom survive one that fails
// now and then, and databases that were given up cost memory.
func (h *home) probe() (err error) {
	name := h.join("probe")
	f, err := h.fs.OpenReadWrite(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("try the disk: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if rerr := h.fs.Remove(name); err == nil && !errors.Is(rerr, fs.ErrNotExist) {
			err = rerr
		}
	}()
	wrote, read := make([]byte, 4<<10), make([]byte, 4<<10)
	for i := range probes {
		copy(wrote, strconv.Itoa(i))
		at := int64(i * len(wrote))
		if _, err := f.WriteAt(bytes.Clone(wrote), at); err != nil {
			return fmt.Errorf("try the disk: %w", err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("try the disk: %w", err)
		}
		if _, err := f.ReadAt(read, at); err != nil {
			return fmt.Errorf("try the disk: %w", err)
		}
		if !bytes.Equal(wrote, read) {
			return fmt.Errorf("try the disk: %w", errChecksum)
		}
	}
	return nil
}

const probes = 32
