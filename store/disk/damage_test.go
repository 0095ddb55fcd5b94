package disk

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/store"
)

// damages are what may become of a file.
var damages = []struct {
	name string
	do   func([]byte) []byte // nil: the file is deleted
}{
	{"deleted", func([]byte) []byte { return nil }},
	{"empty", func([]byte) []byte { return []byte{} }},
	{"half", func(b []byte) []byte { return b[:len(b)/2] }},
	{"cut", func(b []byte) []byte { return b[:max(0, len(b)-1)] }},
	{"flipped early", func(b []byte) []byte { return flip(b, 10) }},
	{"flipped inside", func(b []byte) []byte { return flip(b, len(b)/2) }},
	{"flipped late", func(b []byte) []byte { return flip(b, len(b)-3) }},
	{"foreign", func(b []byte) []byte { return []byte(strings.Repeat("nonsense", len(b)/8+1)) }},
}

func flip(b []byte, i int) []byte {
	if i = max(i, 0); i < len(b) {
		b[i] ^= 1 << (i % 8)
	}
	return b
}

func readAll(t *testing.T, fs vfs.FS, path string) []byte {
	t.Helper()
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func replace(t *testing.T, fs vfs.FS, path string, b []byte) {
	t.Helper()
	if err := fs.Remove(path); err != nil {
		t.Fatal(err)
	}
	if b == nil {
		return
	}
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
}

// Whatever has become of a file, the tier serves soon, and finds what was saved
// or nothing.
func TestDamagedFiles(t *testing.T) {
	whole := vfs.NewMem()
	tier := open(t, Options{FS: whole})
	for i := range 60 {
		tier.Save(object(fmt.Sprint("/", i), 1+i*1000))
		if i == 30 {
			drain(t, tier)
		}
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, dir := range []string{"cache/db-1/index", "cache/db-1/log", "cache/db-1", "cache"} {
		for _, path := range files(t, whole, dir) {
			for _, damage := range damages {
				fs := cloned(t, whole)
				replace(t, fs, path, damage.do(readAll(t, fs, path)))
				kept += servesSoon(t, fs, path+" "+damage.name)
			}
		}
	}
	if kept == 0 {
		t.Error("nothing was ever left")
	}
}

// servesSoon opens a damaged directory, and returns how many objects are left.
func servesSoon(t *testing.T, fs vfs.FS, what string) (found int) {
	t.Helper()
	begun := time.Now()
	tier := open(t, Options{FS: fs, Deadline: time.Second})
	defer tier.Close()
	for i := range 60 {
		o := object(fmt.Sprint("/", i), 1+i*1000)
		if got := tier.Load(o.Key, o.Text, 1<<40); got != nil {
			found++
			if err := same(got, o); err != nil {
				t.Errorf("%s: %s: %v", what, o.Text, err)
			}
		}
	}
	backInService(t, tier)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("%s: %v until it serves", what, took)
	}
	return found
}

// What is in the way of a directory does not keep the tier from beginning, and
// when it is gone the tier serves.
func TestDirectoryComesLate(t *testing.T) {
	fs := vfs.NewMem()
	replaceable, err := fs.Create("cache", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	replaceable.Close()
	var reported states
	tier := open(t, Options{FS: fs, Report: reported.report})
	if tier.State() != Off || !reported.has(Off) || tier.Seed() == 0 {
		t.Fatalf("state %v, seed %x", tier.State(), tier.Seed())
	}
	if err := fs.Remove("cache"); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "serving", func() bool { return tier.State() == Serving })
	o := object("/new", 1000)
	tier.Save(o)
	drain(t, tier)
	if tier.Load(o.Key, "/new", 1<<40) == nil {
		t.Error("nothing is stored")
	}
}

// After more is deleted than can be noted nothing of before is found.
func TestTooMuchDeleted(t *testing.T) {
	disk := newFaults(vfs.NewMem())
	tier := open(t, Options{FS: disk, Queue: 1 << 20, Deadline: 50 * time.Millisecond})
	old := object("/old", 1000)
	tier.Save(old)
	drain(t, tier)
	release := disk.stall()
	defer release()
	for i := range 20_000 {
		tier.Delete(store.Key{Hi: uint64(i)})
	}
	tier.Delete(old.Key)
	if tier.Load(old.Key, "/old", 1<<40) != nil {
		t.Error("what was deleted is found")
	}
	release()
	backInService(t, tier)
	if tier.Load(old.Key, "/old", 1<<40) != nil {
		t.Error("what was deleted is found again")
	}
	if tier.Stats().InService != true {
		t.Error("out of service")
	}
}
