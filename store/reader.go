package store

import (
	"fmt"
	"io"
	"sync"

	"brink/edge/notice"
)

// Reader reads the body of a fill from a position on. Next belongs to one goroutine.
// Close may be called from another, and wakes it.
type Reader struct {
	fill *Fill
	quit chan struct{}
	once sync.Once

	notice  notice.Notice
	reading chan struct{} // not nil: Notify reads from the tier below, until it is closed
	below   []byte        // what was read, once reading is closed
	err     error         // why it was not

	// The rest is guarded by the fill's lock.

	pos       int64  // of the first byte that the client may not have yet
	given     int64  // bytes at pos that the last Next returned
	holdStart int64  // pos when the hold began: see hold
	cut       bool   // the bytes at pos were dropped
	told      bool   // the next tell of the body's news calls notice; the reader counts as idle until then
	buf       []byte // for bytes read from disk
}

// Reader returns a reader of the fill's body that begins at offset. It may be called
// after Started or Resolved, and must be closed.
func (f *Fill) Reader(offset int64) *Reader {
	r := &Reader{fill: f, pos: offset, holdStart: offset, quit: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	if f.mu.phase == resolved && b.runs == nil {
		b.adopt(f.mu.object)
	}
	r.cut = b.overflowing && b.spill == nil && offset < b.first()
	if !r.cut {
		if b.readers == nil {
			b.readers = make(map[*Reader]struct{})
		}
		b.readers[r] = struct{}{}
	}
	b.owed = max(0, b.owed-1)
	b.unread.never = false
	b.room.tell()
	f.attendLocked()
	return r
}

// Next returns the next bytes of the body, as many as have arrived up to the end of a
// run. They alias the store's memory. They never change, and must not be written to;
// the caller may keep them. If no bytes have arrived yet, Next waits for them, or
// returns nil without an error if wait is false.
//
// At the end it returns io.EOF. ErrAborted says that the body is not complete. With
// each call the caller also says that it is done with the bytes of the call before.
func (r *Reader) Next(wait bool) ([]byte, error) {
	if r.reading != nil {
		return r.read(wait)
	}
	for {
		b, more, below, err := r.take(wait)
		if below.stream != nil {
			b, err = below.read(r)
			r.noteRead(len(b))
			return b, err
		}
		if more == nil {
			return b, err
		}
		select {
		case <-more:
		case <-r.quit:
		}
		r.stopWaiting()
	}
}

var errReaderClosed = fmt.Errorf("%w: reader is closed", ErrAborted)

// take returns the result of Next, or a channel to wait for (more), or the position to
// read in the tier below (below).
func (r *Reader) take(wait bool) (p []byte, more <-chan struct{}, below behind, err error) {
	f := r.fill
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	if r.cut {
		return nil, nil, below, fmt.Errorf("%w: read too slowly", ErrAborted)
	}
	r.advanceLocked()
	if b.spill != nil && r.pos < b.first() {
		if wait {
			below = behind{b.spill.stream, r.pos}
		}
		return nil, nil, below, nil
	}
	if p = b.at(r.pos); p != nil {
		r.given = int64(len(p))
		return p, nil, below, nil
	}
	switch {
	case f.mu.phase == failed:
		return nil, nil, below, fmt.Errorf("%w: %w", ErrAborted, f.mu.err)
	case f.mu.phase != started, b.complete:
		return nil, nil, below, io.EOF
	case r.closed():
		return nil, nil, below, errReaderClosed
	case !wait:
		return nil, nil, below, nil
	}
	b.addIdle()
	return nil, b.news.wait(), below, nil
}

// noteRead notes how many bytes were read from the tier below.
func (r *Reader) noteRead(n int) {
	r.fill.mu.Lock()
	defer r.fill.mu.Unlock()
	r.given = int64(n)
}

// stopWaiting ends a wait that take has begun.
func (r *Reader) stopWaiting() {
	r.fill.mu.Lock()
	defer r.fill.mu.Unlock()
	r.fill.mu.body.endIdle()
}

// addIdle counts a reader that waits for bytes.
func (b *body) addIdle() {
	b.hold.count(b.idle)
	b.idle++
	if b.idle == 1 {
		b.room.tell()
	}
}

// endIdle ends what addIdle began.
func (b *body) endIdle() {
	b.hold.count(b.idle)
	b.idle--
}

// advanceLocked moves the position past the bytes that the last Next returned.
func (r *Reader) advanceLocked() {
	if r.given == 0 {
		return
	}
	b := &r.fill.mu.body
	tail := b.overflowing && r.inTail()
	r.pos += r.given
	r.given = 0
	if tail && !r.inTail() {
		b.tail--
		if b.tail <= 0 {
			b.room.tell()
		}
	}
}

// inTail reports whether r still needs the first run, so that it cannot be dropped.
func (r *Reader) inTail() bool {
	runs := r.fill.mu.body.runs
	return len(runs) > 0 && r.pos < runs[0].end()
}

func (r *Reader) closed() bool {
	select {
	case <-r.quit:
		return true
	default:
		return false
	}
}

// Cut reports whether the reader was cut off because other readers had to wait for it.
func (r *Reader) Cut() bool {
	r.fill.mu.Lock()
	defer r.fill.mu.Unlock()
	return r.cut
}

// Close gives up the rest of the body. It may be called at any time and more than once.
func (r *Reader) Close() {
	r.notice.Stop()
	r.close()
}

// Abort is Close for a reader that another goroutine uses: that goroutine is notified.
func (r *Reader) Abort() {
	r.close()
	r.notice.Call()
}

func (r *Reader) close() {
	r.once.Do(func() {
		close(r.quit)
		f := r.fill
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.mu.body.readers, r)
		r.endToldLocked()
		f.mu.body.room.tell()
		f.attendLocked()
		if f.mu.ending {
			f.releaseRestLocked()
		}
	})
}
