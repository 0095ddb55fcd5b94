package disk

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestRoom(t *testing.T) {
	fs := vfs.NewMem()
	r := newRoom(fs, "room", 300<<10)
	for range 2 { // the second time it is there
		if err := r.keep(); err != nil {
			t.Fatal(err)
		}
		if info, err := fs.Stat("room"); err != nil || info.Size() != 300<<10 {
			t.Fatalf("%v, %v", info, err)
		}
	}
	if !r.release() || !r.full.Load() || len(r.news) != 1 {
		t.Error("not released")
	}
	if _, err := fs.Stat("room"); err == nil {
		t.Error("the file is still there")
	}
	if r.release() {
		t.Error("released twice")
	}
	if err := r.keep(); err != nil || r.full.Load() {
		t.Errorf("not made again: %v, %t", err, r.full.Load())
	}
}

// A file from an earlier run is kept if it has the size, and made anew if not.
func TestRoomFromBefore(t *testing.T) {
	fs := vfs.NewMem()
	if err := newRoom(fs, "room", 100<<10).keep(); err != nil {
		t.Fatal(err)
	}
	if err := newRoom(fs, "room", 200<<10).keep(); err != nil {
		t.Fatal(err)
	}
	if info, err := fs.Stat("room"); err != nil || info.Size() != 200<<10 {
		t.Errorf("%v, %v", info, err)
	}
	if !newRoom(fs, "room", 200<<10).release() {
		t.Error("a file from before cannot be released")
	}
}

func TestRoomThatDoesNotFit(t *testing.T) {
	r := newRoom(newQuota(vfs.NewMem(), 100<<10), "room", 200<<10)
	if r.fits(200<<10) || !r.fits(1) {
		t.Error("room is measured wrong")
	}
	if err := r.keep(); !vfs.IsNoSpaceError(err) || !r.full.Load() {
		t.Errorf("%v, full %t", err, r.full.Load())
	}
}
