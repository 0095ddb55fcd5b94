package store

// Notify has ready called once when Next(false) may return more than nothing: bytes,
// the end or an error. It belongs to the goroutine of Next, and Next returned nothing
// before. What comes in between is not missed. ready is called at once, or by another
// goroutine that holds only the lock of the reader's notice, and never after Close.
// Bytes that only the tier below has are read by that goroutine.
func (r *Reader) Notify(ready func()) {
	r.notice.Set(ready)
	if r.reading != nil {
		if r.hasRead() {
			r.notice.Call()
		}
		return
	}
	below, now := r.register()
	switch {
	case now:
		r.notice.Call()
	case below.stream != nil:
		done := make(chan struct{})
		r.reading = done
		go func() {
			r.below, r.err = below.read(r)
			close(done)
			r.notice.Call()
		}()
	}
}

// register has the next news of the body call the notice, unless there is something
// now, or in the tier below.
func (r *Reader) register() (below behind, now bool) {
	f := r.fill
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	switch {
	case r.cut || r.closed() || r.told:
		return below, !r.told
	case b.spill != nil && r.pos < b.first():
		return behind{b.spill.stream, r.pos}, false
	case b.at(r.pos) != nil || f.mu.phase != started || b.complete:
		return below, true
	}
	r.told = true
	b.addIdle()
	b.news.call(func() {
		f.mu.Lock()
		r.endToldLocked()
		f.mu.Unlock()
		r.notice.Call()
	})
	return below, false
}

func (r *Reader) endToldLocked() {
	if r.told {
		r.told = false
		r.fill.mu.body.endIdle()
	}
}

func (r *Reader) hasRead() bool {
	select {
	case <-r.reading:
		return true
	default:
		return false
	}
}

// read returns what Notify reads from the tier below.
func (r *Reader) read(wait bool) ([]byte, error) {
	if !wait && !r.hasRead() {
		return nil, nil
	}
	select {
	case <-r.reading:
	case <-r.quit:
		return nil, errReaderClosed
	}
	r.reading = nil
	b, err := r.below, r.err
	r.below, r.err = nil, nil
	r.noteRead(len(b))
	return b, err
}
