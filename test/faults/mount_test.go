package faults

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"brink/test/brinktest"
)

// mount mounts a file system for the test, which is skipped where that may not
// be done. It returns where.
func mount(t *testing.T, args ...string) (dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount file systems")
	}
	dir = filepath.Join(t.TempDir(), "mounted")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mount", append(args, dir)...).CombinedOutput()
	for _, why := range []string{"permission denied", "not permitted", "loop device"} {
		if err != nil && bytes.Contains(out, []byte(why)) {
			t.Skipf("file systems cannot be mounted here: %s", out)
		}
	}
	if err != nil {
		t.Fatalf("mount %v: %v: %s", args, err, out)
	}
	t.Cleanup(func() { must(t, "umount", dir) })
	return dir
}

func must(t *testing.T, command string, args ...string) {
	t.Helper()
	if out, err := exec.Command(command, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", command, args, err, out)
	}
}

// resize gives a tmpfs another size.
func resize(t *testing.T, dir string, bytes int64) {
	t.Helper()
	must(t, "mount", "-o", fmt.Sprint("remount,size=", bytes), dir)
}

// fill takes all the room that is left in a directory, in one file.
func fill(t *testing.T, dir string) (path string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "other"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for piece := make([]byte, 64<<10); len(piece) > 0; {
		if _, err = f.Write(piece); err != nil {
			piece = piece[:len(piece)/2]
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	return f.Name()
}

// process is a node in a process of its own.
type process struct{ *brinktest.Node }

func startProcess(t *testing.T, dir string) process {
	t.Helper()
	return process{brinktest.Start(t, confOf(filepath.Join(dir, "cache"), startOrigin(t)))}
}

func (n process) figures(t *testing.T) map[string]int64 {
	t.Helper()
	all, err := n.Metrics()
	if err != nil {
		t.Fatal(err)
	}
	figures := make(map[string]int64)
	for name, v := range all {
		if name, ours := strings.CutPrefix(name, "brink_disk_"); ours {
			figures[strings.NewReplacer(`{outcome="`, "_", `"}`, "").Replace(name)] = int64(v)
		}
	}
	return figures
}

// awaitFull waits until the metrics say that the disk is full.
func (n process) awaitFull(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(backLimit); n.figures(t)["full"] != 1; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the disk is not full: %v", n.figures(t))
		}
	}
}
