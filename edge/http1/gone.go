package http1

import "sync"

// watch looks for the end of a client while a handler works for it. The
// sweeper does the looking.
type watch struct {
	mu sync.Mutex

	gone  chan struct{} // nil: nobody asks
	found bool          // gone is closed
}

// Gone returns a channel that is closed when the client has closed its side of
// the connection or has left. For a connection that is no plain socket it is
// nil.
func (s *session) Gone() <-chan struct{} {
	c := s.conn
	if c.sock == nil {
		return nil
	}
	w := &c.watch
	w.mu.Lock()
	if w.gone == nil {
		w.gone, w.found = make(chan struct{}), false
	}
	ch := w.gone
	w.mu.Unlock()
	w.look(c.sock)
	return ch
}

// look closes the channel if the client has left.
func (w *watch) look(k *socket) {
	w.mu.Lock()
	ch := w.gone
	asked := ch != nil && !w.found
	w.mu.Unlock()
	if !asked || !k.hungUp() {
		return
	}
	w.mu.Lock()
	if w.gone == ch && !w.found {
		w.found = true
		close(ch)
	}
	w.mu.Unlock()
}

// end is the end of the exchange.
func (w *watch) end() {
	w.mu.Lock()
	w.gone = nil
	w.mu.Unlock()
}
