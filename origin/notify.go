package origin

// Notify has ready called once when Next(false) may return more than nothing: bytes,
// the end or an error. It belongs to the goroutine of Next, and Next returned nothing
// before. Nothing is missed that comes in between. ready is called at once, or by
// another goroutine that holds only the lock of the response's notice. It is never
// called after Close. Until then that goroutine reads content, and Next returns nothing.
func (x *Response) Notify(ready func()) {
	x.notice.Set(ready)
	switch {
	case x.reading != nil && !x.hasRead():
	case x.reading == nil && x.behind != nil && x.behind.notify(&x.notice):
	case x.reading != nil || x.behind != nil || x.slot == nil:
		x.notice.Call()
	default:
		done := make(chan struct{})
		x.reading = done
		x.readers.Go(func() {
			x.read, x.readErr = x.exchange.next(true)
			close(done)
			x.notice.Call()
		})
	}
}

func (x *Response) hasRead() bool {
	select {
	case <-x.reading:
		return true
	default:
		return false
	}
}

// nextRead is Next for what Notify reads.
func (x *Response) nextRead(wait bool) ([]byte, error) {
	if !wait && !x.hasRead() {
		return nil, nil
	}
	<-x.reading
	data, err := x.read, x.readErr
	x.reading, x.read, x.readErr = nil, nil, nil
	x.hand(len(data))
	return data, err
}

// stopReading ends the read of Notify, as nobody wants its content. The notice must have
// been stopped. Afterwards no goroutine uses x, whose memory may serve another fetch.
func (x *Response) stopReading() {
	if x.reading != nil && !x.hasRead() {
		x.exchange.abort()
	}
	x.readers.Wait()
	x.reading, x.read, x.readErr = nil, nil, nil
}
