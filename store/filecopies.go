package store

import (
	"os"
	"runtime"
	"sync"
)

// fileCopies makes the file copies of a store, and keeps their number and memory
// bounded.
//
// A file counts until the garbage collector has found that no object and no reply
// refers to it, and the kernel has its memory back. The RAM tier has that much less
// memory for objects.
//
// Everything but mu, and what is set at the start, belongs to the goroutine of run.
type fileCopies struct {
	limit  int64                                 // bytes
	files  int                                   // how many may be open
	lend   func(bytes int64)                     // is told what is taken from the RAM tier
	create func(body [][]byte) (*os.File, error) // newMemfile, but in tests
	queue  chan *Object                          // that may be worth one
	counts *counters

	clock  copyClock
	paused Instant // none are made before

	mu struct {
		sync.Mutex

		bytes int64
		open  int
	}
}

const (
	// copyQueue is how many objects may wait for a file copy.
	copyQueue = 16
	// copyPause is how long none are made after one could not be made.
	copyPause = 60 * Second
	// maxFileCopies is how many there may be, if so many files may be open.
	maxFileCopies = 1024
)

// run makes file copies until quit is closed, and then evicts all of them.
func (p *fileCopies) run(quit <-chan struct{}, now func() Instant) {
	for {
		select {
		case <-quit:
			p.clock.clear()
			return
		case o := <-p.queue:
			p.serve(o, now())
		}
	}
}

// serve gives o a file copy if there is room for one.
func (p *fileCopies) serve(o *Object, now Instant) {
	size := copyCost(o.Length)
	if o.hasFileCopy() || !o.complete() || size > p.limit || now < p.paused {
		return
	}
	if !p.reserve(size, now) {
		p.counts.copiesRefused.Add(1)
		return
	}
	file, err := p.create(o.Body)
	if err != nil {
		p.release(size)
		p.counts.copiesFailed.Add(1)
		p.paused = now + copyPause
		return
	}
	runtime.AddCleanup(file, p.release, size)
	fc := new(fileCopy)
	fc.used.Store(true)
	fc.file.Store(file)
	p.clock.add(fc, size)
	o.fileCopy.Store(fc)
	p.counts.copiesMade.Add(1)
}

// reserve reserves a file of size bytes. It evicts copies that are used less. It
// reports false if there is no room, or no room yet: replies may still refer to evicted
// files.
func (p *fileCopies) reserve(size int64, now Instant) bool {
	p.counts.copiesEvicted.Add(p.clock.trim(p.limit-size, p.files-1, now))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.bytes+size > p.limit || p.mu.open >= p.files {
		return false
	}
	p.mu.bytes += size
	p.mu.open++
	p.lend(p.mu.bytes)
	return true
}

// release gives back the reservation of a file of size bytes.
func (p *fileCopies) release(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.bytes -= size
	p.mu.open--
	p.lend(p.mu.bytes)
}

// taken returns the bytes and files that are reserved.
func (p *fileCopies) taken() (bytes int64, open int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.bytes, p.mu.open
}

// copyCost is the memory that a file of n bytes takes: whole pages, and one more for
// the kernel's own data.
func copyCost(n int64) int64 {
	page := int64(os.Getpagesize())
	return (n+page-1)/page*page + page
}
