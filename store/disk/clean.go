package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/zeebo/xxh3"
)

// cleanName is the file that stands beside databases which were closed whole: the
// mark of a clean shutdown. It says what the files of the index were then.
//
// Pebble takes a file that ends early for one that was being written when its
// process ended, and comes to an older state of the index, in which what was
// replaced or deleted since is there again. Behind the mark nothing was being
// written: an index that does not fit it is not the one that was closed.
const cleanName = "clean"

// errChanged: an index is not the one that was closed.
var errChanged = fmt.Errorf("%w: the index has changed since it was closed", errStrange)

// unmark takes the mark off databases that are about to be opened. It reports
// errChanged if the index does not fit. Then close puts a new one on.
func (d *databases) unmark(path string) error {
	marked, err := checkMark(d.guard, path)
	if err != nil {
		return err
	}
	if marked {
		err = errors.Join(d.guard.Remove(d.guard.PathJoin(path, cleanName)), syncDirectory(d.guard, path))
	}
	if err != nil {
		return fmt.Errorf("take off the mark of the last shutdown: %w", err)
	}
	d.path = path
	return nil
}

// checkMark reports whether there is a mark, and errChanged if the index does
// not fit it.
func checkMark(files vfs.FS, path string) (marked bool, err error) {
	var want strings.Builder
	err = readInto(&want, files, files.PathJoin(path, cleanName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the mark of the last shutdown: %w", err)
	}
	got, err := digest(files, files.PathJoin(path, "index"))
	switch {
	case err == nil && got == want.String():
		return true, nil
	case err == nil, errors.Is(err, fs.ErrNotExist):
		return true, errChanged
	}
	return true, fmt.Errorf("compare the index with the mark of the last shutdown: %w", err)
}

// markClean writes the mark of a clean shutdown, durably.
func markClean(files vfs.FS, path string) error {
	sum, err := digest(files, files.PathJoin(path, "index"))
	if err != nil {
		return err
	}
	f, err := files.Create(files.PathJoin(path, cleanName), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err = f.Write([]byte(sum)); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close(), syncDirectory(files, path))
}

// digest describes the files of a database: their names and sizes, and what is
// in them, but for tables, whose blocks prove themselves. There is also a file
// that is empty, and there or not, for locking.
func digest(files vfs.FS, dir string) (string, error) {
	names, err := files.List(dir)
	if err != nil {
		return "", err
	}
	slices.Sort(names)
	sum := xxh3.New()
	for _, name := range names {
		if name == "LOCK" {
			continue
		}
		path := files.PathJoin(dir, name)
		info, err := files.Stat(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%q %d\n", name, info.Size())
		if strings.HasSuffix(name, ".sst") {
			continue
		}
		if err := readInto(sum, files, path); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x\n", sum.Sum128().Bytes()), nil
}

func readInto(w io.Writer, files vfs.FS, path string) error {
	f, err := files.Open(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return errors.Join(err, f.Close())
}
