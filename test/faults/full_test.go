package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
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
	n.awaitFull(t)
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
	dir := mount(t, "-o", "loop", image)
	n := startProcess(t, dir)
	l := startLoad(t, n.Address)
	defer l.stop()
	least := 3 * time.Second
	if *report > 0 {
		least = 10 * time.Second
	}
	// A process of its own thaws it, whatever becomes of this one.
	frozen := exec.Command("sh", "-c", `fsfreeze -f "$1" && sleep "$2"; fsfreeze -u "$1"`, "sh", dir, strconv.Itoa(int(max(least, span(0)).Seconds())))
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
