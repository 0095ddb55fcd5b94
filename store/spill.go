package store

import (
	"bytes"
	"errors"
	"fmt"
)

// Stream writes a body to the tier below while it arrives. Write, Commit and Abort
// belong to one goroutine. Read may be called from any.
type Stream interface {
	// Write appends to the body. It waits for the disk. An error means that the disk
	// failed or cannot keep up.
	Write(p []byte) error

	// Read returns the bytes of run i that were written so far, in buf if that is large
	// enough. It waits. After an error buf must not be used again.
	Read(i int, buf []byte) ([]byte, error)

	// Commit ends the body, waits until it is written, and returns its location.
	Commit() (*Location, error)

	// Abort stops writing. Bytes that Write took may still be readable. After Commit it
	// does nothing.
	Abort()
}

// spill writes an overflowing body to the tier below. It is the only reader that the
// writer waits for. So the tier below has all that memory has dropped, and readers that
// are behind or come late read it from there.
type spill struct {
	fill     *Fill
	stream   Stream
	reader   *Reader       // not among the body's
	ended    chan struct{} // closed when location or the failure is known
	location *Location     // nil: it failed
	broken   bool          // it failed. Guarded by the fill's lock
}

// spillLocked begins to write the body to the tier below. No run of it was dropped yet.
// It reports false if the tier below does not take it.
func (f *Fill) spillLocked() bool {
	s := f.store
	b := &f.mu.body
	if !f.keepsBelow(f.mu.object, b.written+1) || f.fenced.Load() {
		return false
	}
	stream := s.disk.Stream(f.mu.object, max(b.length, s.maxObject))
	if stream == nil {
		return false
	}
	sp := &spill{fill: f, stream: stream, ended: make(chan struct{})}
	sp.reader = &Reader{fill: f, quit: make(chan struct{})}
	b.spill = sp
	s.counts.spills.Add(1)
	go sp.run()
	return true
}

// run moves the body to the tier below until it ends.
func (sp *spill) run() {
	defer close(sp.ended)
	defer sp.stream.Abort()
	err := sp.move()
	if err == nil {
		sp.location, err = sp.stream.Commit()
	}
	if err != nil {
		sp.fail()
	}
}

func (sp *spill) move() error {
	moved, most := int64(0), sp.fill.longestBelow()
	for {
		p, err := sp.reader.Next(true)
		if len(p) > 0 {
			if moved += int64(len(p)); moved > most {
				return ErrTooLarge
			}
			if werr := sp.stream.Write(p); werr != nil {
				return werr
			}
			sp.fill.mu.Lock()
			sp.reader.advanceLocked()
			sp.fill.mu.body.room.tell()
			sp.fill.mu.Unlock()
		}
		if err != nil {
			if sp.fill.whole() {
				return nil
			}
			return err
		}
	}
}

// whole reports whether all of the body has arrived.
func (f *Fill) whole() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.body.complete
}

// fail ends the spill: no new reader may join. Readers that are behind go on with what
// the tier below still has.
func (sp *spill) fail() {
	f := sp.fill
	f.store.unlist(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	sp.broken = true
	b.news.tell()
	b.room.tell()
}

// finishSpill waits for a spill to end and publishes its object, whose body is on disk.
// It returns nil if there is none.
func (f *Fill) finishSpill(sp *spill) *Object {
	if sp == nil {
		return nil
	}
	<-sp.ended
	if sp.location == nil {
		return nil
	}
	f.mu.Lock()
	o := f.mu.object.withBody(nil, f.mu.body.written)
	f.mu.Unlock()
	o.SetLocation(sp.location)
	f.publish(o, 0)
	return o
}

// keepsBelow reports whether the tier below may have a body of n bytes.
func (f *Fill) keepsBelow(o *Object, n int64) bool {
	return f.store.mayKeepBelow(o) && n <= f.longestBelow()
}

// longestBelow is the longest body, in bytes, that goes to the tier below.
func (f *Fill) longestBelow() int64 { return f.limited(f.store.maxSpill) }

// OnDisk reports whether the body of o is on disk and not in memory: see Store.ReadRun.
func (o *Object) OnDisk() bool { return o.Body == nil && o.Length > 0 && o.Location() != nil }

// ReadRun returns run i of the body of an object that is on disk, in buf if that is
// large enough: the bytes from i*RunSize to (i+1)*RunSize or the end. It waits. After
// an error buf must not be used again. Any error but ErrNotNow also deletes o.
func (s *Store) ReadRun(o *Object, i int, buf []byte, wait DiskWait) ([]byte, error) {
	run, err := s.disk.Read(o, i, buf, wait)
	if err == nil || errors.Is(err, ErrNotNow) {
		return run, err
	}
	if s.moved(o) {
		if run, err = s.disk.Read(o, i, nil, wait); err == nil {
			return run, nil
		}
	}
	s.deleteObject(o, unreadable)
	return nil, err
}

// moved reports whether the tier below has moved the body of o, and updates its
// location.
func (s *Store) moved(o *Object) bool {
	now := s.disk.Load(o.Key, o.Text, 0)
	if now == nil || !now.OnDisk() || now.Length != o.Length || !bytes.Equal(now.Head.Block, o.Head.Block) {
		return false
	}
	o.SetLocation(now.Location())
	return true
}

// behind is the position of a reader of a spilled body, in bytes that memory has
// dropped.
type behind struct {
	stream Stream
	pos    int64
}

// read returns the bytes at the position, up to the end of their run.
func (b behind) read(r *Reader) ([]byte, error) {
	run, err := b.stream.Read(int(b.pos/RunSize), r.buf[:0])
	r.buf = run
	if err != nil {
		r.buf = nil // a read that came too late may still write to it
		return nil, fmt.Errorf("%w: %w", ErrAborted, err)
	}
	at := b.pos % RunSize
	if at >= int64(len(run)) {
		return nil, fmt.Errorf("%w: run of %d bytes", ErrAborted, len(run))
	}
	return run[at:], nil
}
