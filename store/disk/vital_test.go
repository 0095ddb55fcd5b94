package disk

import (
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// oneFault is a disk on which one operation on files of a kind fails, each time that
// it is armed.
type oneFault struct {
	vfs.FS
	operation string // create, stat, close, sync
	kind      string // what is in the file's name

	armed atomic.Bool
	hits  atomic.Int64
}

func (d *oneFault) fails(operation, name string) error {
	if d.operation != operation || !strings.Contains(name, d.kind) || !d.armed.CompareAndSwap(true, false) {
		return nil
	}
	d.hits.Add(1)
	return syscall.EIO
}

func (d *oneFault) file(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &oneFaultFile{f, d, name}, nil
}

func (d *oneFault) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.fails("create", name); err != nil {
		return nil, err
	}
	f, err := d.FS.Create(name, c)
	return d.file(name, f, err)
}

func (d *oneFault) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := d.fails("create", to); err != nil {
		return nil, err
	}
	f, err := d.FS.ReuseForWrite(from, to, c)
	return d.file(to, f, err)
}

func (d *oneFault) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	return d.file(name+"/.", f, err)
}

type oneFaultFile struct {
	vfs.File
	disk *oneFault
	name string
}

func (f *oneFaultFile) Stat() (vfs.FileInfo, error) {
	if err := f.disk.fails("stat", f.name); err != nil {
		return nil, err
	}
	return f.File.Stat()
}

func (f *oneFaultFile) Close() error {
	if err := f.disk.fails("close", f.name); err != nil {
		return err
	}
	return f.File.Close()
}

func (f *oneFaultFile) Sync() error {
	if err := f.disk.fails("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *oneFaultFile) SyncData() error {
	if err := f.disk.fails("sync", f.name); err != nil {
		return err
	}
	return f.File.SyncData()
}

// A write-ahead log that cannot be begun or ended does not end the process: pebble
// would panic with a lock let go of.
func TestNewLogFails(t *testing.T) {
	for _, c := range []struct{ operation, kind string }{
		{"create", ".log"}, {"stat", ".log"}, {"close", ".log"}, {"sync", "index/."},
	} {
		t.Run(c.operation, func(t *testing.T) {
			t.Parallel()
			disk := &oneFault{FS: vfs.NewMem(), operation: c.operation, kind: c.kind}
			tier := open(t, Options{FS: disk})
			for i := range 6000 {
				save(tier, object(fmt.Sprint("/", i), 10))
			}
			drain(t, tier)
			disk.armed.Store(true)
			for i := 0; i < 20_000 && disk.hits.Load() == 0; i++ {
				tier.Save(object(fmt.Sprint("/more", i), 10))
				time.Sleep(100 * time.Microsecond)
			}
			if disk.hits.Load() == 0 {
				t.Fatal("there was no new log")
			}
			backInService(t, tier)
		})
	}
}

// However often the manifest cannot be changed: the databases come to an end, and
// others into service.
func TestManyOutages(t *testing.T) {
	disk := &oneFault{FS: vfs.NewMem(), operation: "sync", kind: "MANIFEST"}
	tier := open(t, Options{FS: disk})
	for i := range maxAbandoned + 2 {
		disk.armed.Store(true)
		eventually(t, 10*time.Second, "an outage", func() bool {
			save(tier, object(fmt.Sprint("/", i), 10_000))
			_ = tier.Drain(time.Second)
			return disk.hits.Load() == int64(i+1)
		})
		backInService(t, tier)
	}
	eventually(t, 10*time.Second, "all are closed", func() bool { return tier.abandoned.Load() == 0 })
}
