package faults

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const roomy = 160 << 20 // more than the budget

// A file system that is smaller than the budget is used as far as it goes: it is
// full again and again, and written to all the time. Nor do clients see that
// files of others fill one.
func TestFull(t *testing.T) {
	t.Parallel()
	dir := mount(t, "-t", "tmpfs", "-o", "size=32m", "brink")
	n := startProcess(t, dir)
	l := startLoad(t, n.Address)
	defer l.stop()
	l.pause.Store(int64(time.Millisecond))
	n.awaitFull(t)
	time.Sleep(span(time.Second))
	awaitService(t, n, "on a small disk")
	// Databases that a full disk has failed give way as a whole.
	if s := n.figures(t); s["evicted_segments_total"] == 0 && !strings.Contains(n.Output(), "disk tier off") {
		t.Errorf("nothing gave way: %v\n%s", s, n.Output())
	}
	l.pause.Store(int64(pauseOf("new")))
	resize(t, dir, roomy)
	awaitService(t, n, "with more room")

	var other string
	suffer(t, n, l, fault{
		name:  "a disk full of other files",
		begin: func(t *testing.T) { other = fill(t, dir); n.awaitFull(t) },
		end: func(t *testing.T) {
			if err := os.Remove(other); err != nil {
				t.Error(err)
			}
		},
	})
	if !strings.Contains(n.Output(), "disk tier read-only") {
		t.Errorf("the log does not say that the disk was full:\n%s", n.Output())
	}
}

// A file system that is frozen for ten seconds holds up nobody: real writes wait
// for as long.
func TestFrozen(t *testing.T) {
	t.Parallel()
	dir := freezable(t)
	n := startProcess(t, dir)
	l := startLoad(t, n.Address)
	defer l.stop()
	least := 3 * time.Second
	if *report > 0 {
		least = 10 * time.Second
	}
	frozen := freeze(dir, max(least, span(0)))
	suffer(t, n, l, fault{
		name:  "a frozen disk",
		least: least,
		begin: func(t *testing.T) {
			if err := frozen.Start(); err != nil {
				t.Fatal(err)
			}
		},
		end: func(t *testing.T) {
			if err := frozen.Wait(); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// freezable mounts a file system that can be frozen.
func freezable(t *testing.T) (dir string) {
	t.Helper()
	for _, command := range []string{"mkfs.ext4", "fsfreeze"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skip(err)
		}
	}
	image := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, 2*roomy); err != nil {
		t.Fatal(err)
	}
	must(t, "mkfs.ext4", "-q", image)
	return mount(t, "-o", "loop", image)
}

// freeze returns a command that freezes a file system for a while: a process of
// its own thaws it, whatever becomes of this one.
func freeze(dir string, span time.Duration) *exec.Cmd {
	return exec.Command("sh", "-c", `fsfreeze -f "$1" && sleep "$2"; fsfreeze -u "$1"`, "sh", dir, strconv.Itoa(int(span.Seconds())))
}

// A node whose disk does not answer ends in time all the same. The kernel keeps
// threads that are in the middle of a write, so that the process is a zombie until
// the file system works again.
func TestStopWhileFrozen(t *testing.T) {
	t.Parallel()
	dir := freezable(t)
	n := startProcess(t, dir)
	l := startLoad(t, n.Address)
	frozen := freeze(dir, 18*time.Second)
	if err := frozen.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = frozen.Wait() }()
	time.Sleep(2 * time.Second) // until writes wait
	l.stop()
	began := time.Now()
	if err := n.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	const limit = 12 * time.Second // drain_timeout and two seconds
	for !ended(n) && time.Since(began) < limit+5*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	took := time.Since(began).Round(time.Millisecond)
	t.Logf("ended after %v:\n%s", took, n.Output())
	if took > limit {
		t.Errorf("ended after %v:\n%s", took, n.Output())
	}
}

// ended reports whether the node's process has asked the kernel for its end: no
// thread of it is left but those that the kernel keeps (D) until the file system
// works again.
func ended(n process) bool {
	select {
	case <-n.Exited():
		return true
	default:
	}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", n.Cmd.Process.Pid))
	if err != nil {
		return false
	}
	for _, task := range tasks {
		status, err := os.ReadFile(task)
		if err == nil && !bytes.Contains(status, []byte("State:\tZ")) && !bytes.Contains(status, []byte("State:\tX")) && !bytes.Contains(status, []byte("State:\tD")) {
			return false
		}
	}
	return true
}
