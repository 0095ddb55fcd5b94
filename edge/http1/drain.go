package http1

import (
	"io"
	"time"

	"brink/edge/wire"
)

const (
	drainMax  = 256 << 10       // bytes of unread content for which a connection is kept
	drainTime = 5 * time.Second // how long reading them may take
)

// allowsKeepAlive reports whether the connection can go on although the reply begins
// before all content was read. It takes nothing away from a handler that is
// still to read it.
func (b *body) allowsKeepAlive() bool {
	if b.stopped.Load() {
		return false
	}
	if !b.mu.TryLock() {
		return true // being read: it shows at the end
	}
	defer b.mu.Unlock()
	if b.err == nil && b.framing.Kind == wire.ByChunks {
		b.err = b.decode()
	}
	switch {
	case b.complete():
		return true
	case b.err != nil || b.expects100:
		return false
	}
	return b.framing.Kind == wire.ByLength && b.left <= drainMax
}

// complete reports whether nothing of the content is left on the connection.
func (b *body) complete() bool {
	if b.framing.Kind == wire.ByChunks {
		return b.unread.decoder.Done()
	}
	return b.left == 0
}

// seal ends reading by the handler. After it returns, no Read is under way, and later
// ones fail.
func (b *body) seal() {
	if !b.mu.TryLock() {
		b.Stop()
		b.mu.Lock()
	}
	b.sealed = true
	b.mu.Unlock()
}

// drain reads what the handler left, and reports whether the connection can go
// on. b is sealed and the exchange is done. Content that is complete does no
// harm to the next request, even if its reader was stopped behind the end of it.
func (b *body) drain() bool {
	if b.complete() {
		return true
	}
	if b.stopped.Load() {
		return false
	}
	b.by = b.session.conn.engine.Clock.Now() + drainTime
	page := takePage()
	defer releasePage(page)
	p := (*page)[:cap(*page)]
	for budget := drainMax; !b.complete(); {
		if b.expects100 || b.err != nil || budget <= 0 {
			return false
		}
		n, err := b.read(p)
		budget -= n
		if err != nil && err != io.EOF {
			return false
		}
	}
	return true
}

// close moves bytes that follow the content back to the input, and releases the memory.
func (b *body) close() {
	u, s := &b.unread, b.session
	for len(u.src) > 0 {
		n := copy(s.room(), u.src)
		s.w += n
		u.src = u.src[n:]
	}
	if u.page != nil {
		releasePage(u.page)
		u.page = nil
	}
	u.data = nil
}
