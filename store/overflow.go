package store

import "time"

const (
	// leastWindow is how far the writer of an overflowing body may be ahead of its
	// slowest reader, in bytes. It may be further ahead if memory is free: see
	// windowShare.
	leastWindow = 4 << 20
	windowShare = 16
	// patience is how long the writer waits for future readers: see body.owed.
	patience = 10 * time.Second
)

// window is how far the writer may be ahead of the slowest reader.
func (f *Fill) window() int64 {
	b := &f.store.flight
	return max(leastWindow, (b.limit-b.used.Load())/windowShare)
}

// overflowLocked makes the fill pass the body on without keeping it in memory. The tier
// below may still keep it. The lock is released meanwhile.
func (f *Fill) overflowLocked() {
	f.mu.body.overflowing = true
	f.store.counts.overflows.Add(1)
	if f.spillLocked() {
		return
	}
	f.mu.Unlock()
	f.store.unlist(f)
	f.mu.Lock()
}

// makeRoomLocked drops the runs that all readers have read, and appends a run to an
// overflowing body. It waits for the readers if they are too far behind. The lock is
// released meanwhile.
func (f *Fill) makeRoomLocked() error {
	b := &f.mu.body
	for {
		if !b.kept() && len(b.readers) == 0 && b.owed == 0 {
			return ErrAbandoned
		}
		low, window := b.lowest(), f.window()
		f.dropLocked(low)
		if ahead := b.written - low; ahead < window && f.growSpareLocked() {
			if ahead < window/2 {
				b.hold.end()
			}
			return nil
		}
		f.awaitReadersLocked()
	}
}

// lowest returns the offset of the slowest reader.
func (b *body) lowest() int64 {
	if b.kept() {
		return b.spill.reader.pos
	}
	if b.owed > 0 {
		return 0
	}
	low := b.written
	for r := range b.readers {
		low = min(low, r.pos)
	}
	return low
}

// dropLocked drops the runs before low. It keeps the memory that they had reserved for
// the next run, up to the size of one run.
func (f *Fill) dropLocked(low int64) {
	b := &f.mu.body
	n := 0
	for n < len(b.runs) && b.runs[n].end() <= low {
		b.spare += sizeClass(len(b.runs[n].bytes))
		n++
	}
	if n == 0 {
		return
	}
	// A new array, so that the memory of the old runs becomes free.
	b.runs = append([]run(nil), b.runs[n:]...)
	if excess := b.spare - RunSize; excess > 0 {
		b.spare -= excess
		f.releaseLocked(excess)
	}
}

// growSpareLocked appends a run. If there is no more memory, the run is as small as the
// reservation of the dropped ones. So a fill that has dropped all its runs can always
// append one.
func (f *Fill) growSpareLocked() bool {
	b := &f.mu.body
	n := int64(RunSize)
	if b.length >= 0 {
		n = min(n, b.length-b.written)
	}
	switch need := n - b.spare; {
	case need <= 0:
		b.spare -= n
	case f.reserveLocked(need):
		b.spare = 0
	case b.spare == 0:
		return false
	default:
		n, b.spare = b.spare, 0
	}
	b.grow(int(n))
	return true
}

// awaitReadersLocked waits until the last reader has left the first run, or until a
// slow one has been cut off.
func (f *Fill) awaitReadersLocked() {
	b := &f.mu.body
	if b.kept() {
		f.awaitSpillLocked()
		return
	}
	b.tail = b.owed
	for r := range b.readers {
		if r.inTail() {
			b.tail++
		}
	}
	now := time.Now()
	b.hold.start(now, b)
	defer func() { b.hold.stop(b.idle) }()
	var expired <-chan time.Time
	if b.idle > 0 || b.owed > 0 {
		left := b.hold.left(now)
		if left <= 0 {
			f.cutLocked(now)
			return
		}
		timer := time.NewTimer(left)
		defer timer.Stop()
		expired = timer.C
	}
	room := b.room.wait()
	f.mu.Unlock()
	select {
	case <-room:
	case <-expired:
	}
	f.mu.Lock()
}

// awaitSpillLocked waits until the tier below has taken more. It has no time limit: the
// tier below gives up if it cannot keep up.
func (f *Fill) awaitSpillLocked() {
	room := f.mu.body.room.wait()
	f.mu.Unlock()
	<-room
	f.mu.Lock()
}
