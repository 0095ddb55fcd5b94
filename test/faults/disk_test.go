package faults

import (
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// disk is the system's file system, where it is not told to fail.
type disk struct {
	vfs.FS
	reads, writes, syncs atomic.Int64 // of a hundred that fail
	delay                atomic.Int64 // nanoseconds that each call takes
}

func newDisk() *disk {
	d := new(disk)
	d.FS = errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(d.inject))
	return d
}

func (d *disk) inject(op errorfs.Op) error {
	time.Sleep(time.Duration(d.delay.Load()))
	if rand.Int64N(100) < d.share(op.Kind).Load() {
		return syscall.EIO
	}
	return nil
}

// share is what of the calls of a kind fails.
func (d *disk) share(kind errorfs.OpKind) *atomic.Int64 {
	switch {
	case kind == errorfs.OpFileSync, kind == errorfs.OpFileSyncData, kind == errorfs.OpFileSyncTo:
		return &d.syncs
	case kind.ReadOrWrite() == errorfs.OpIsWrite && kind != errorfs.OpFileClose:
		return &d.writes
	}
	return &d.reads
}
