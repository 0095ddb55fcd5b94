package store

import (
	"os"
	"runtime"
	"sync"
)

// file copies makes the file copies of a store and sees to it that they are not too many.
//
// What they take counts until the collector has found that no object and no
// reply refers to the file any more, and so the kernel gets its memory back.
// The RAM tier has so much less for objects, from the next one on.
//
// All but mu and what is set at the start belongs to the goroutine that runs.
type fileCopies struct {
	limit  int64                                 // bytes
	files  int                                   // that may be open
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

// run makes file copies until quit is closed, and then gives all of them up.
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

// reserve takes room for a file of size bytes, for which others have to go if
// they are used less. It reports false if there is none, or none yet: what has
// to go may still be referred to.
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

// release gives the room for a file of size bytes back.
func (p *fileCopies) release(size int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.bytes -= size
	p.mu.open--
	p.lend(p.mu.bytes)
}

// taken returns what is not given back: bytes, and files.
func (p *fileCopies) taken() (bytes int64, open int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mu.bytes, p.mu.open
}

// copyCost is the memory that a file of n bytes takes: whole pages, and one
// for what the kernel keeps besides.
func copyCost(n int64) int64 {
	page := int64(os.Getpagesize())
	return (n+page-1)/page*page + page
}
