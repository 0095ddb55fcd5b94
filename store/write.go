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

// commit keeps the last bytes of an announced length back until the object is
// stored: a client that has got a response whole and asks again gets it from
// the store, not what was there before. It does not where the body overflows, as
// its end waits for its readers, and cannot where there are no bytes.
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

// space returns writable memory at the end of the body. The bytes are the
// writer's until they are committed.
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

// overLocked is the error for one who writes to a fill that is not started.
func (f *Fill) overLocked() error {
	if f.mu.phase == begun && !f.mu.ending {
		panic("BUG: write to a fill that has not started")
	}
	if f.mu.err != nil {
		return f.mu.err
	}
	return ErrAbandoned
}

// growLocked appends a run, or reports false if the body may not grow.
func (f *Fill) growLocked(hint int) bool {
	b := &f.mu.body
	n := b.next(hint, f.longest(f.mu.object))
	if n == 0 {
		return false
	}
	// What was announced is reserved, and so is the first run.
	if b.length < 0 && len(b.runs) > 0 {
		need := sizeClass(n) + 24
		if !f.reserveLocked(need) {
			return false
		}
	}
	b.grow(n)
	return true
}
