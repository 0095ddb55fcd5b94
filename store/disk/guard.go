package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between pebble and the file system. There is one for each time that the
// databases are opened.
//
// It counts the operations that the disk fails, so that a failing disk can be told from
// corrupt files. It slows down operations that fail, so that nobody retries in a tight
// loop. After cutOff it lets nothing through: changes seem to succeed and do nothing,
// so that pebble comes to an end. It cuts off the databases by itself when an operation
// fails whose failure pebble does not survive.
type guard struct {
	vfs.FS
	room  *room
	watch *watch // of the databases

	cut     sync.Once
	gone    chan struct{} // closed when the databases are cut off
	busy    atomic.Int64  // operations under way
	faults  atomic.Int64  // operations that the disk has failed
	failing atomic.Int64  // changes that failed since the last one that did not
	vain    atomic.Int64  // looks after the databases were cut off
}

var errCut = errors.New("the databases were given up")

const (
	writeTries = 5
	firstPause = 10 * time.Millisecond
	longPause  = time.Second
)

// vital reports whether pebble does not survive a failed change of the file: it panics
// while it holds locks, or ends a goroutine that others wait for.
func vital(name string) bool {
	return strings.HasSuffix(name, ".log") || strings.Contains(name, "MANIFEST")
}

// spare keeps from pebble an error that it does not survive: it gives the databases up
// at once and returns nil.
func (g *guard) spare(vital bool, err error) error {
	if err == nil || !vital {
		return err
	}
	g.watch.fail(err)
	g.cutOff()
	return nil
}

func newGuard(fs vfs.FS, room *room) *guard {
	return &guard{FS: fs, room: room, watch: newWatch(), gone: make(chan struct{})}
}

// cutOff stops all later operations. Those under way go on: see idle.
func (g *guard) cutOff() { g.cut.Do(func() { close(g.gone) }) }

// idle reports whether a guard that is cut off has no operation under way.
func (g *guard) idle() bool { return g.busy.Load() == 0 }

func (g *guard) enter() bool {
	g.busy.Add(1)
	select {
	case <-g.gone:
		g.busy.Add(-1)
		return false
	default:
		return true
	}
}

func (g *guard) leave() { g.busy.Add(-1) }

// note counts an error if it is the disk's fault.
func (g *guard) note(err error) {
	switch {
	case err == nil, errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
	default:
		g.faults.Add(1)
	}
}

// look runs an operation that changes nothing. Databases that were given up may look
// again and again: each look then waits longer.
func (g *guard) look(op func() error) error {
	if !g.enter() {
		time.Sleep(min(firstPause<<min(g.vain.Add(1)-1, 10), longPause))
		return errCut
	}
	defer g.leave()
	err := op()
	g.note(err)
	return err
}

// change runs an operation that takes room on disk. If the disk is full and there was
// room to release, it runs the operation a second time.
func (g *guard) change(op func() error) error {
	if !g.enter() {
		return nil
	}
	defer g.leave()
	err := op()
	if vfs.IsNoSpaceError(err) && g.room.release() {
		err = op()
	}
	g.end(err)
	return err
}

// sync runs an operation that makes something durable. It never repeats it: after a
// failed sync, a second one may succeed although data is lost.
func (g *guard) sync(op func() error) error {
	if !g.enter() {
		return nil
	}
	defer g.leave()
	err := op()
	if vfs.IsNoSpaceError(err) {
		g.room.release()
	}
	g.end(err)
	return err
}

// end ends a change. After a failed one it waits first.
func (g *guard) end(err error) {
	g.note(err)
	if err == nil {
		g.failing.Store(0)
		return
	}
	g.pause()
}

// pause waits, longer with each failure in a row.
func (g *guard) pause() {
	timer := time.NewTimer(min(firstPause<<min(g.failing.Add(1)-1, 10), longPause))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.gone:
	}
}

func (g *guard) Create(name string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = g.change(func() error { f, err = g.FS.Create(name, c); return err })
	return g.file(f, vital(name), err)
}

func (g *guard) Link(from, to string) error {
	return g.change(func() error { return g.FS.Link(from, to) })
}

func (g *guard) Open(name string, opts ...vfs.OpenOption) (f vfs.File, err error) {
	err = g.look(func() error { f, err = g.FS.Open(name, opts...); return err })
	return g.file(f, false, err)
}

func (g *guard) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (f vfs.File, err error) {
	err = g.change(func() error { f, err = g.FS.OpenReadWrite(name, c, opts...); return err })
	return g.file(f, vital(name), err)
}

func (g *guard) OpenDir(name string) (f vfs.File, err error) {
	err = g.change(func() error { f, err = g.FS.OpenDir(name); return err })
	return g.file(f, true, err)
}

func (g *guard) Remove(name string) error {
	return g.spare(strings.Contains(name, "marker"), g.change(func() error { return g.FS.Remove(name) }))
}

func (g *guard) RemoveAll(name string) error {
	return g.change(func() error { return g.FS.RemoveAll(name) })
}

func (g *guard) Rename(from, to string) error {
	return g.change(func() error { return g.FS.Rename(from, to) })
}

func (g *guard) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = g.change(func() error { f, err = g.FS.ReuseForWrite(from, to, c); return err })
	return g.file(f, vital(to), err)
}

func (g *guard) MkdirAll(name string, perm os.FileMode) error {
	return g.change(func() error { return g.FS.MkdirAll(name, perm) })
}

// Lock does nothing, because the tier has locked the directory. Databases that were
// given up would keep a lock.
func (g *guard) Lock(string) (io.Closer, error) { return unlocked{}, nil }

type unlocked struct{}

func (unlocked) Close() error { return nil }

func (g *guard) List(name string) (names []string, err error) {
	err = g.look(func() error { names, err = g.FS.List(name); return err })
	return names, err
}

func (g *guard) Stat(name string) (info vfs.FileInfo, err error) {
	err = g.look(func() error { info, err = g.FS.Stat(name); return err })
	return info, err
}

func (g *guard) Unwrap() vfs.FS { return g.FS }

// file puts a file behind the guard. There is none if the guard is cut off.
func (g *guard) file(f vfs.File, vital bool, err error) (vfs.File, error) {
	if err != nil {
		f = nil
	}
	if err = g.spare(vital, err); err != nil {
		return nil, err
	}
	return &guardedFile{File: f, guard: g, vital: vital}, nil
}

// guardedFile is an open file behind a guard.
type guardedFile struct {
	vfs.File // nil: it was opened when the guard was cut off
	guard    *guard
	vital    bool // pebble does not survive that a change fails
}

// Close closes the file also when the guard is cut off.
func (f *guardedFile) Close() error {
	if f.File == nil {
		return nil
	}
	return f.guard.spare(f.vital, f.File.Close())
}

func (f *guardedFile) Fd() uintptr {
	if f.File == nil {
		return vfs.InvalidFd
	}
	return f.File.Fd()
}

func (f *guardedFile) Prefetch(at, length int64) error {
	return f.guard.look(func() error { return f.File.Prefetch(at, length) })
}

func (f *guardedFile) Read(b []byte) (n int, err error) {
	err = f.guard.look(func() error { n, err = f.File.Read(b); return err })
	return n, err
}

func (f *guardedFile) ReadAt(b []byte, at int64) (n int, err error) {
	err = f.guard.look(func() error { n, err = f.File.ReadAt(b, at); return err })
	return n, err
}

func (f *guardedFile) Write(b []byte) (int, error) {
	return f.write(b, func(b []byte, _ int) (int, error) { return f.File.Write(b) })
}

func (f *guardedFile) WriteAt(b []byte, at int64) (int, error) {
	return f.write(b, func(b []byte, done int) (int, error) { return f.File.WriteAt(b, at+int64(done)) })
}

// write writes b. If that fails it writes the rest up to writeTries times in all,
// because pebble does not recover from some failed writes. If room was released it
// tries again at once.
func (f *guardedFile) write(b []byte, write func(rest []byte, done int) (int, error)) (n int, err error) {
	g := f.guard
	for range writeTries {
		if !g.enter() {
			return len(b), nil
		}
		var k int
		k, err = write(b[n:], n)
		n += k
		if vfs.IsNoSpaceError(err) && g.room.release() {
			g.note(err)
		} else {
			g.end(err)
		}
		g.leave()
		if err == nil {
			return n, nil
		}
	}
	if err = g.spare(f.vital, err); err == nil {
		return len(b), nil
	}
	return n, err
}

func (f *guardedFile) Preallocate(at, length int64) error {
	return f.guard.change(func() error { return f.File.Preallocate(at, length) })
}

func (f *guardedFile) Stat() (info vfs.FileInfo, err error) {
	err = f.guard.look(func() error { info, err = f.File.Stat(); return err })
	if err != nil && f.guard.spare(f.vital, err) == nil {
		return noInfo{}, nil
	}
	return info, err
}

// noInfo is what is known of a file that seems to be there: it is empty.
type noInfo struct{ vfs.FileInfo }

func (noInfo) Size() int64 { return 0 }

func (f *guardedFile) Sync() error {
	return f.guard.spare(f.vital, f.guard.sync(func() error { return f.File.Sync() }))
}

func (f *guardedFile) SyncData() error {
	return f.guard.spare(f.vital, f.guard.sync(func() error { return f.File.SyncData() }))
}

func (f *guardedFile) SyncTo(length int64) (full bool, err error) {
	err = f.guard.sync(func() error { full, err = f.File.SyncTo(length); return err })
	return full, f.guard.spare(f.vital, err)
}
