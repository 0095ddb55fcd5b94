package disk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// After a clean shutdown nothing that was replaced or deleted before comes back,
// whichever file of the index ends early, is gone, or is an older one.
func TestOlderIndex(t *testing.T) {
	whole := vfs.NewMem()
	const texts = 30
	var older vfs.FS
	for round := range 3 {
		tier := open(t, Options{FS: whole})
		for i := range texts {
			save(tier, version(fmt.Sprint("/", i), round+1, 2000))
		}
		drain(t, tier)
		for i := range texts / 2 {
			tier.Delete(object(fmt.Sprint("/", i), 0).Key)
		}
		drain(t, tier)
		if round < 2 {
			if err := tier.opened.index.Flush(); err != nil { // or all of it is in one file
				t.Fatal(err)
			}
		}
		if err := tier.Close(); err != nil {
			t.Fatal(err)
		}
		if round == 1 {
			older = cloned(t, whole)
		}
	}
	dir := "cache/db-1/index"
	found := 0
	check := func(fs vfs.FS, what string) {
		t.Helper()
		tier := open(t, Options{FS: fs})
		defer tier.Close()
		for i := range texts {
			want := version(fmt.Sprint("/", i), 3, 2000)
			o := tier.Load(want.Key, want.Text, 1<<40)
			if o == nil {
				continue
			}
			found++
			if v, err := versionOf(o); err != nil || v != 3 || i < texts/2 {
				t.Errorf("%s: version %d of %s: %v", what, v, want.Text, err)
			}
		}
	}
	check(cloned(t, whole), "whole")
	if found != texts-texts/2 {
		t.Errorf("%d objects found in what is whole", found)
	}
	for _, path := range files(t, whole, dir) {
		if strings.HasSuffix(path, "LOCK") {
			continue
		}
		b := readAll(t, whole, path)
		for cut := range 20 {
			fs := cloned(t, whole)
			replace(t, fs, path, b[:len(b)*cut/20])
			check(fs, fmt.Sprintf("%s cut to %d of %d", path, len(b)*cut/20, len(b)))
		}
		fs := cloned(t, whole)
		replace(t, fs, path, nil)
		check(fs, path+" gone")
		if _, err := older.Stat(path); err == nil {
			fs := cloned(t, whole)
			replace(t, fs, path, readAll(t, older, path))
			check(fs, path+" older")
		}
	}
}

func cloned(t *testing.T, fs vfs.FS) vfs.FS {
	t.Helper()
	clone := vfs.NewMem()
	if ok, err := vfs.Clone(fs, clone, "cache", "cache"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return clone
}

// files returns the paths of the files in a directory.
func files(t *testing.T, fs vfs.FS, dir string) (paths []string) {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		if info, err := fs.Stat(path); err == nil && !info.IsDir() {
			paths = append(paths, path)
		}
	}
	return paths
}
