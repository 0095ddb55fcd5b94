package store

import "time"

const (
	// window is how far the writer of an overflowing body may be ahead of its
	// slowest reader, in bytes.
	window = 4 << 20
	// patience is how long a reader may make no progress while it holds up the
	// writer and, through it, readers that have nothing left to read.
	patience = 10 * time.Second
)

// overflowLocked turns to passing the body on without keeping it, at least not
// here. The lock is released meanwhile.
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

// makeRoomLocked appends a run to an overflowing body, after it has let go
// what all readers have had. It waits for the readers if they are too far
// behind; the lock is released meanwhile.
func (f *Fill) makeRoomLocked() error {
	b := &f.mu.body
	blocked := time.Time{}
	for {
		if !b.kept() && len(b.readers) == 0 && b.owed == 0 {
			return ErrAbandoned
		}
		low := b.lowest()
		if f.dropLocked(low) {
			blocked = time.Time{}
		}
		if b.written-low < window && f.growSpareLocked() {
			return nil
		}
		if blocked.IsZero() {
			blocked = time.Now()
		}
		f.awaitReadersLocked(blocked)
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

// dropLocked lets go of the runs before low. Their reservation is kept for the
// next run, as far as one takes.
func (f *Fill) dropLocked(low int64) bool {
	b := &f.mu.body
	n := 0
	for n < len(b.runs) && b.runs[n].end() <= low {
		b.spare += sizeClass(len(b.runs[n].bytes))
		n++
	}
	if n == 0 {
		return false
	}
	// A new array: the memory of the old runs is to go.
	b.runs = append([]run(nil), b.runs[n:]...)
	if excess := b.spare - RunSize; excess > 0 {
		b.spare -= excess
		f.mu.held -= excess
		f.store.flight.release(excess)
	}
	return true
}

// growSpareLocked appends a run, of what the dropped ones have left if there
// is no more memory: so a fill without any other run always can.
func (f *Fill) growSpareLocked() bool {
	b := &f.mu.body
	n := int64(RunSize)
	if b.length >= 0 {
		n = min(n, b.length-b.written)
	}
	switch need := n - b.spare; {
	case need <= 0:
		b.spare -= n
	case f.store.flight.reserve(need):
		f.mu.held += need
		b.spare = 0
	case b.spare == 0:
		return false
	default:
		n, b.spare = b.spare, 0
	}
	b.grow(int(n))
	return true
}

// awaitReadersLocked waits until the last reader has left the first run, or
// one of them has been cut off. The writer has been blocked since then.
func (f *Fill) awaitReadersLocked(blocked time.Time) {
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
	var expired <-chan time.Time
	if b.idle > 0 || b.owed > 0 {
		if f.cutLocked(blocked) {
			return
		}
		timer := time.NewTimer(time.Until(f.deadlineLocked(blocked)))
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

// awaitSpillLocked waits until the tier below has taken more. It is the one to
// give up where it cannot.
func (f *Fill) awaitSpillLocked() {
	room := f.mu.body.room.wait()
	f.mu.Unlock()
	<-room
	f.mu.Lock()
}

// deadlineLocked is when the first of the readers that hold up the writer is
// to be cut off.
func (f *Fill) deadlineLocked(blocked time.Time) time.Time {
	b := &f.mu.body
	earliest := blocked
	if b.owed == 0 {
		earliest = time.Time{}
		for r := range b.readers {
			if since := r.stalledSince(blocked); r.inTail() && (earliest.IsZero() || since.Before(earliest)) {
				earliest = since
			}
		}
	}
	return earliest.Add(patience)
}

// cutLocked cuts off the readers that have held up the writer for too long, if
// they hold up others too. Those that have not come in that time are not
// waited for any longer in any case.
func (f *Fill) cutLocked(blocked time.Time) bool {
	b := &f.mu.body
	now := time.Now()
	cut := 0
	for r := range b.readers {
		if b.idle > 0 && r.inTail() && now.Sub(r.stalledSince(blocked)) >= patience {
			r.cut = true
			delete(b.readers, r)
			cut++
		}
	}
	if b.owed > 0 && now.Sub(blocked) >= patience {
		b.owed = 0
		cut++
	}
	f.store.counts.cut.Add(int64(cut))
	return cut > 0
}
