package store

// Write appends to the body. It blocks only if the body overflows and readers
// lag behind. It returns ErrLength for bytes beyond the announced length,
// ErrAbandoned if nobody reads an overflowing body, ErrUnread if nobody reads the body
// and much of it is left, and ErrSlow if nobody reads it and it arrives slowly. The
// caller then fails the fill and stops the fetch.
func (f *Fill) Write(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		b, err := f.space(len(p) - n)
		if err != nil {
			return n, err
		}
		c := copy(b, p[n:])
		f.commit(c)
		n += c
	}
	return n, nil
}

// commit appends the first n bytes of what space returned. Readers do not get the last
// bytes of an announced length until the object is stored. So a client that has a
// response whole, and asks again, gets it from the store. If the body overflows they
// get them at once, because the end of the fill waits for them.
func (f *Fill) commit(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	if n > len(b.free()) {
		panic("BUG: more bytes committed than there is room for")
	}
	b.written += int64(n)
	if b.written != b.length || b.overflowing {
		b.show()
	}
}

// space returns writable memory at the end of the body. The bytes belong to the writer
// until they are committed.
func (f *Fill) space(hint int) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	for {
		if f.mu.phase != started || f.mu.ending {
			return nil, f.overLocked()
		}
		if err := f.desertLocked(); err != nil {
			return nil, err
		}
		if free := b.free(); len(free) > 0 {
			return free, nil
		}
		if b.length >= 0 && b.written == b.length {
			return nil, ErrLength
		}
		if b.overflowing {
			if err := f.makeRoomLocked(); err != nil {
				return nil, err
			}
			continue
		}
		if !f.growLocked(hint) {
			f.overflowLocked()
		}
	}
}

// overLocked returns the error for a write to a fill that is not in the phase started.
func (f *Fill) overLocked() error {
	if f.mu.phase == begun && !f.mu.ending {
		panic("BUG: write to a fill that has not started")
	}
	if f.mu.err != nil {
		return f.mu.err
	}
	return ErrAbandoned
}

// growLocked appends a run. It reports false if the body may not grow.
func (f *Fill) growLocked(hint int) bool {
	b := &f.mu.body
	n := b.next(hint, f.longest(f.mu.object))
	if n == 0 {
		return false
	}
	// Start has reserved the announced length, or the first run.
	if b.length < 0 && len(b.runs) > 0 {
		need := sizeClass(n) + 24
		if !f.reserveLocked(need) {
			return false
		}
	}
	b.grow(n)
	return true
}
