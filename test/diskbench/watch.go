package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"brink/store/disk"
)

// watch looks at a tier and its directory while it is written to. Its figures
// may be read after end.
type watch struct {
	most    int64 // bytes on disk
	files   int
	heap    uint64
	longest time.Duration // that there was something to write and none was written
	stalls  int           // of more than 50 ms

	stop    chan struct{}
	running sync.WaitGroup
}

func begin(tier *disk.Tier, dir string) *watch {
	w := &watch{stop: make(chan struct{})}
	w.running.Go(func() { w.every(100*time.Millisecond, func() { w.look(dir) }) })
	w.running.Go(func() {
		last, since, stalled := int64(-1), time.Now(), false
		w.every(5*time.Millisecond, func() {
			s := tier.Stats()
			if now := s.WrittenBytes; now != last || s.QueueBytes == 0 {
				last, since, stalled = now, time.Now(), false
				return
			}
			d := time.Since(since)
			w.longest = max(w.longest, d)
			if d > 50*time.Millisecond && !stalled {
				stalled = true
				w.stalls++
			}
		})
	})
	return w
}

func (w *watch) every(d time.Duration, do func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			do()
		case <-w.stop:
			return
		}
	}
}

func (w *watch) end() {
	close(w.stop)
	w.running.Wait()
}

// look notes what the directory takes, as du counts.
func (w *watch) look(dir string) {
	var bytes int64
	files := 0
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		var st syscall.Stat_t
		if err == nil && d.Type().IsRegular() && syscall.Stat(path, &st) == nil {
			bytes += st.Blocks * 512
			files++
		}
		return nil // a file may go at any time
	})
	w.most, w.files, w.heap = max(w.most, bytes), max(w.files, files), max(w.heap, heap())
}

// kernelWrote returns what this process has caused to be written to disks.
func kernelWrote() (bytes int64) {
	b, _ := os.ReadFile("/proc/self/io")
	for line := range strings.Lines(string(b)) {
		if n, ok := strings.CutPrefix(line, "write_bytes: "); ok {
			_, _ = fmt.Sscan(n, &bytes)
		}
	}
	return bytes
}
