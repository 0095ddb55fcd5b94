package disk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/purge"
	"brink/store"
)

const testSeed = 42

func keyOf(text string, seed uint64) store.Key { return store.HashKey([]byte(text), seed) }

// keyed makes an object under the key that the store gives its text.
func keyed(text string, length int) *store.Object {
	o := object(text, length)
	o.Key = keyOf(text, testSeed)
	o.Primary = o.Key
	return o
}

// filled closes a tier with objects of all lengths, and returns their
// directory.
func filled(t *testing.T, fs vfs.FS) Directory {
	t.Helper()
	tier := open(t, Options{FS: fs, Seed: testSeed})
	for _, n := range lengths {
		tier.Save(keyed(fmt.Sprint("/", n), n))
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	return Directory{Path: "cache", FS: fs}
}

// damage has do change the databases behind the tier's back.
func damage(t *testing.T, fs vfs.FS, do func(*databases) error) {
	t.Helper()
	d := newDatabases(newGuard(fs, newRoom(fs, "", 0)))
	if err := d.open(opening{path: "cache/db-1", sizes: sizesOf(MinSize, defaultMemory)}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(do(d), d.flush(), d.close()); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, r Directory, do func(Directory, context.Context, func(Progress)) (Verification, error)) Verification {
	t.Helper()
	last := Progress{}
	v, err := do(r, context.Background(), func(p Progress) { last = p })
	if err != nil {
		t.Fatal(err)
	}
	if sum := v.Good + v.Gone + v.Faults(); sum == 0 || last.Done != sum || last.Total != sum {
		t.Errorf("%d entries, the last progress is %+v", sum, last)
	}
	return v
}

// The key of a text is the store's.
func TestKeyOf(t *testing.T) {
	s, err := store.New(store.Options{Memory: 64 << 20, Seed: testSeed, Now: clock, Purges: purge.NewLog(0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Hash([]byte("/a")) != keyOf("/a", testSeed) {
		t.Error("another key")
	}
}

func TestVerifyGood(t *testing.T) {
	r := filled(t, vfs.NewMem())
	v := verify(t, r, Directory.Verify)
	var bytes int64
	for _, n := range lengths {
		bytes += int64(n)
	}
	if v != (Verification{Good: int64(len(lengths)), GoodBytes: bytes}) {
		t.Errorf("got %+v", v)
	}
}

// Each fault is found and named; Verify leaves all as it is, Repair deletes what
// is wrong and nothing else.
func TestVerifyDamaged(t *testing.T) {
	entryOf := func(d *databases, n int) entry {
		e, found, err := d.find(keyOf(fmt.Sprint("/", n), testSeed))
		if err != nil || !found {
			t.Fatal(found, err)
		}
		return e
	}
	row := func(n int) []byte { return objectRow(keyOf(fmt.Sprint("/", n), testSeed)) }
	for _, c := range []struct {
		name string
		do   func(*databases) error
		want Verification
	}{
		{"head lost", func(d *databases) error { return d.log.Delete(entryOf(d, 1).head.key(), pebble.NoSync) }, Verification{Gone: 1}},
		{"run lost", func(d *databases) error { return d.log.Delete(entryOf(d, store.RunSize).lowest.key(), pebble.NoSync) }, Verification{Gone: 1}},
		{"other bytes", func(d *databases) error {
			return d.log.Set(entryOf(d, store.RunSize).lowest.key(), []byte("r123456789"), pebble.NoSync)
		}, Verification{Checksum: 1}},
		{"moved", func(d *databases) error {
			b, err := d.read(entryOf(d, 0).head, nil)
			return errors.Join(err, d.log.Set(entryOf(d, 1).head.key(), b, pebble.NoSync))
		}, Verification{Checksum: 1}},
		{"short run", func(d *databases) error {
			pos := entryOf(d, store.RunSize).lowest
			return d.log.Set(pos.key(), seal([]byte("123"), pos, kindRun), pebble.NoSync)
		}, Verification{Malformed: 1}},
		{"not a head", func(d *databases) error {
			pos := entryOf(d, 1).head
			return d.log.Set(pos.key(), seal([]byte("123"), pos, kindHead), pebble.NoSync)
		}, Verification{Malformed: 1}},
		{"other object", func(d *databases) error { e := entryOf(d, 0); return d.index.Set(row(1), e.encode(), nil) }, Verification{Key: 1}},
		{"other text", func(d *databases) error {
			pos := entryOf(d, 1).head
			o := keyed("/x", 0)
			o.Key = keyOf("/1", testSeed)
			return d.log.Set(pos.key(), appendHead(nil, o, pos), pebble.NoSync)
		}, Verification{Key: 1}},
		{"entry cut", func(d *databases) error { return d.index.Set(row(1), []byte("x"), nil) }, Verification{Malformed: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fs := vfs.NewMem()
			r := filled(t, fs)
			damage(t, fs, c.do)
			c.want.Good = int64(len(lengths)) - 1
			for range 2 {
				v := verify(t, r, Directory.Verify)
				if v.GoodBytes = 0; v != c.want {
					t.Fatalf("got %+v, want %+v", v, c.want)
				}
			}
			if v := verify(t, r, Directory.Repair); v.Faults() != c.want.Faults() {
				t.Errorf("repair: %+v, want %+v", v, c.want)
			}
			v := verify(t, r, Directory.Verify)
			if v.GoodBytes = 0; v != (Verification{Good: c.want.Good}) {
				t.Errorf("repaired: %+v", v)
			}
		})
	}
}

// Bytes that have changed on the disk are found by pebble's own checksums, and
// the rest is verified all the same. The block is no larger than it must be:
// pebble takes seconds to look for a flipped bit in it.
func TestVerifyBadDisk(t *testing.T) {
	fs := vfs.NewMem()
	tier := open(t, Options{FS: fs, Seed: testSeed})
	for i := range 3 {
		tier.Save(keyed(fmt.Sprint("/", i), 33_000))
	}
	if err := tier.Close(); err != nil {
		t.Fatal(err)
	}
	overwrite(t, fs, "cache/db-1/log", 1000)
	r := Directory{Path: "cache", FS: fs}
	if v := verify(t, r, Directory.Repair); v != (Verification{Good: 2, GoodBytes: 66_000, Unreadable: 1}) {
		t.Errorf("got %+v", v)
	}
	if v := verify(t, r, Directory.Verify); v != (Verification{Good: 2, GoodBytes: 66_000}) {
		t.Errorf("repaired: %+v", v)
	}
}

// overwrite changes bytes in each table of a database.
func overwrite(t *testing.T, fs vfs.FS, dir string, offset int64) {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".sst") {
			continue
		}
		f, err := fs.OpenReadWrite(fs.PathJoin(dir, name), vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte("other bytes"), offset); err != nil {
			t.Error(err)
		}
		f.Close()
	}
}

// What was evicted is gone, be it from the beginning of the log or the middle.
func TestInspect(t *testing.T) {
	fs := vfs.NewMem()
	r := filled(t, fs)
	damage(t, fs, func(d *databases) error {
		first, dropped, last := firstOf(1), firstOf(1)+1000, firstOf(1)+2000
		for i, e := range []entry{{head: 2, lowest: 1}, {head: last, lowest: dropped}} {
			if err := d.index.Set(objectRow(store.Key{Hi: uint64(i)}), e.encode(), pebble.NoSync); err != nil {
				return err
			}
		}
		return errors.Join(d.saveSegment(&segment{first: first, end: dropped}), d.saveSegment(&segment{first: last, end: lastPosition}))
	})
	s, err := r.Inspect(context.Background(), start)
	if err != nil {
		t.Fatal(err)
	}
	if s.Epoch != 2 || s.Objects != int64(len(lengths)) || s.Gone != 2 || s.Expired != 0 || s.Segments != 2 ||
		s.ObjectBytes < store.RunSize*6 || s.SegmentBytes < s.ObjectBytes || s.LogBytes < s.SegmentBytes || s.IndexBytes == 0 {
		t.Errorf("got %+v", s)
	}
	if s, err = r.Inspect(context.Background(), start+100*store.Second); err != nil || s.Expired != s.Objects {
		t.Errorf("later: %+v, %v", s, err)
	}
}

// Compact deletes what names nothing, and the tier works on.
func TestCompact(t *testing.T) {
	fs := vfs.NewMem()
	r := filled(t, fs)
	damage(t, fs, func(d *databases) error {
		for i := range uint64(5000) {
			e := entry{head: firstOf(1) + 1<<30, lowest: firstOf(1) + 1<<30}
			if err := d.index.Set(objectRow(store.Key{Hi: i, Lo: i}), e.encode(), pebble.NoSync); err != nil {
				return err
			}
		}
		return nil
	})
	c, err := r.Compact(context.Background(), func(Progress) {})
	if err != nil || c.Entries != 5000+int64(len(lengths)) || c.Deleted != 5000 {
		t.Fatalf("got %+v, %v", c, err)
	}
	tier := open(t, Options{FS: fs})
	for _, n := range lengths {
		if o := tier.Load(keyOf(fmt.Sprint("/", n), testSeed), fmt.Sprint("/", n), 1<<40); o == nil {
			t.Errorf("/%d is not there", n)
		}
	}
}

// A directory that is in use, is none, or is another version's is left alone.
func TestDirectoryRefused(t *testing.T) {
	fs := vfs.NewMem()
	look := func(want string) {
		t.Helper()
		r := Directory{Path: "cache", FS: fs}
		for name, do := range map[string]func() error{
			"inspect": func() error { _, err := r.Inspect(context.Background(), start); return err },
			"verify":  func() error { _, err := r.Verify(context.Background(), func(Progress) {}); return err },
			"repair":  func() error { _, err := r.Repair(context.Background(), func(Progress) {}); return err },
			"compact": func() error { _, err := r.Compact(context.Background(), func(Progress) {}); return err },
		} {
			if err := do(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
	look("there is no disk tier in cache")
	if _, err := fs.Stat("cache"); err == nil {
		t.Error("a directory was made")
	}
	tier := open(t, Options{FS: fs})
	look("cache is in use")
	if _, err := Open(Options{Path: "cache", Size: MinSize, Now: clock, FS: fs}); err == nil || !strings.Contains(err.Error(), "cache is in use") {
		t.Errorf("open: %v", err)
	}
	tier.Close()
	damage(t, fs, func(d *databases) error { return d.setMeta(map[string]uint64{metaFormat: 99}) })
	look("written by another version")
}

// What is cancelled stops, and deletes nothing.
func TestCancelled(t *testing.T) {
	fs := vfs.NewMem()
	r := filled(t, fs)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Repair(ctx, func(Progress) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("repair: %v", err)
	}
	if _, err := r.Compact(ctx, func(Progress) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("compact: %v", err)
	}
	if v := verify(t, r, Directory.Verify); v.Good != int64(len(lengths)) {
		t.Errorf("got %+v", v)
	}
}
