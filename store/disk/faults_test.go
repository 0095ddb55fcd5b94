package disk

import (
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// faults is a disk that fails as it is told.
type faults struct {
	vfs.FS
	reads, writes, syncs atomic.Int64 // of a thousand that fail
	stalled              atomic.Pointer[chan struct{}]
}

func newFaults(below vfs.FS) *faults {
	f := new(faults)
	f.FS = errorfs.Wrap(below, errorfs.InjectorFunc(f.inject))
	return f
}

func (f *faults) inject(op errorfs.Op) error {
	if stalled := f.stalled.Load(); stalled != nil {
		<-*stalled
	}
	share := &f.reads
	switch {
	case op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo:
		share = &f.syncs
	case op.Kind == errorfs.OpFileClose:
		return nil
	case op.Kind.ReadOrWrite() == errorfs.OpIsWrite:
		share = &f.writes
	}
	if rand.Int64N(1000) < share.Load() {
		return syscall.EIO
	}
	return nil
}

// stall has all that is done from now on wait until the function it returns is
// called.
func (f *faults) stall() (release func()) {
	stalled := make(chan struct{})
	f.stalled.Store(&stalled)
	return sync.OnceFunc(func() {
		f.stalled.Store(nil)
		close(stalled)
	})
}

func (f *faults) fail(reads, writes, syncs int64) {
	f.reads.Store(reads)
	f.writes.Store(writes)
	f.syncs.Store(syncs)
}

// quota is a disk of a size.
type quota struct {
	vfs.FS
	left  atomic.Int64
	rooms atomic.Int64  // bytes written to files that only take room
	pause time.Duration // for each write

	mu sync.Mutex

	sizes map[string]*int64 // of the files, guarded as they are
}

func newQuota(below vfs.FS, size int64) *quota {
	q := &quota{FS: below, sizes: make(map[string]*int64)}
	q.left.Store(size)
	return q
}

func (q *quota) GetDiskUsage(string) (vfs.DiskUsage, error) {
	return vfs.DiskUsage{AvailBytes: uint64(max(0, q.left.Load()))}, nil
}

func (q *quota) file(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.sizes[name] == nil {
		q.sizes[name] = new(int64)
	}
	return &quotaFile{File: f, quota: q, size: q.sizes[name], room: q.PathBase(name) == "room"}, nil
}

func (q *quota) forget(name string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if size := q.sizes[name]; size != nil {
		q.left.Add(*size)
		delete(q.sizes, name)
	}
}

func (q *quota) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if q.left.Load() <= 0 {
		return nil, syscall.ENOSPC
	}
	q.forget(name)
	f, err := q.FS.Create(name, c)
	return q.file(name, f, err)
}

func (q *quota) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	if q.left.Load() <= 0 {
		return nil, syscall.ENOSPC
	}
	f, err := q.FS.OpenReadWrite(name, c, o...)
	return q.file(name, f, err)
}

func (q *quota) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := q.Rename(from, to); err != nil {
		return nil, err
	}
	return q.OpenReadWrite(to, c)
}

func (q *quota) MkdirAll(name string, perm os.FileMode) error {
	if q.left.Load() <= 0 {
		return syscall.ENOSPC
	}
	return q.FS.MkdirAll(name, perm)
}

func (q *quota) Rename(from, to string) error {
	err := q.FS.Rename(from, to)
	if err == nil {
		q.forget(to)
		q.mu.Lock()
		if size := q.sizes[from]; size != nil {
			q.sizes[to] = size
			delete(q.sizes, from)
		}
		q.mu.Unlock()
	}
	return err
}

func (q *quota) Remove(name string) error {
	err := q.FS.Remove(name)
	if err == nil {
		q.forget(name)
	}
	return err
}

type quotaFile struct {
	vfs.File
	quota *quota
	size  *int64
	room  bool
}

func (f *quotaFile) Write(b []byte) (int, error) {
	time.Sleep(f.quota.pause)
	if f.quota.left.Add(-int64(len(b))) < 0 {
		f.quota.left.Add(int64(len(b)))
		return 0, syscall.ENOSPC
	}
	if f.room {
		f.quota.rooms.Add(int64(len(b)))
	}
	f.quota.mu.Lock()
	*f.size += int64(len(b))
	f.quota.mu.Unlock()
	return f.File.Write(b)
}

// states is what a tier has reported.
type states struct {
	mu  sync.Mutex
	all []State
}

func (s *states) report(state State, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, state)
}

func (s *states) has(state State) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.all {
		if other == state {
			return true
		}
	}
	return false
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in %v: %s", limit, what)
		}
	}
}

// backInService waits until the tier stores and finds again.
func backInService(t *testing.T, tier *Tier) {
	t.Helper()
	eventually(t, 30*time.Second, "back in service", func() bool {
		o := object("/back", 1000)
		tier.Save(o)
		return tier.Drain(time.Second) == nil && tier.Load(o.Key, "/back", 1<<40) != nil
	})
}
