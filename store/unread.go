package store

import (
	"errors"
	"fmt"
	"time"
)

// When the last client that reads a body leaves, the fill goes on for a while: the
// client may come back, and others may ask for the object. excess and sluggish say when
// it ends.
const (
	// unreadMost is how many bytes may arrive while nobody reads the body. If the rest
	// of the body is no longer, the fill goes on to the end.
	unreadMost = 8 << 20
	// lastPart: if at most a tenth of the body is left, the fill goes on to the end, too.
	lastPart = 10
	// leastRate is how many bytes a second must arrive of a body that nobody reads. It is
	// checked unreadGrace after the last reader has left, or wantedGrace after that if
	// Want was called.
	leastRate   = 1 << 10
	unreadGrace = 10 * time.Second
	wantedGrace = 60 * time.Second
)

var (
	// ErrUnread: nobody reads the body any more, and too much of it is left.
	ErrUnread = fmt.Errorf("%w: nobody reads the body", ErrAbandoned)
	// ErrSlow: nobody reads the body, and it arrives too slowly.
	ErrSlow = errors.New("nobody reads the body, and it comes too slowly")
)

// unread measures for how long nobody reads a body, and how much of it arrived meanwhile.
type unread struct {
	since time.Time // zero: somebody reads it or will, or the body has not begun
	from  int64     // bytes that had arrived then
	never bool      // nobody has ever read it
}

// Want makes the fill go on even if nobody reads the body, as for a refresh. It must be
// called before Start.
func (f *Fill) Want() { f.wanted = true }

// attendLocked notes whether somebody reads the body. It is called when readers, or
// callers that will get one, come and go.
func (f *Fill) attendLocked() {
	b := &f.mu.body
	switch {
	case f.mu.phase != started:
	case len(b.readers) > 0 || b.owed > 0:
		b.unread.since = time.Time{}
	case b.unread.since.IsZero():
		b.unread.since, b.unread.from = time.Now(), b.written
	}
}

// desertLocked returns an error if the fill should end because nobody reads the body.
// After an error nobody can begin to read it.
func (f *Fill) desertLocked() (err error) {
	b := &f.mu.body
	if b.unread.since.IsZero() {
		return nil
	}
	switch {
	case !f.wanted && b.excess():
		err = ErrUnread
		f.store.counts.unread.Add(1)
	case f.sluggish(time.Since(b.unread.since)):
		err = ErrSlow
		f.store.counts.slow.Add(1)
	default:
		return nil
	}
	f.mu.deserted = true
	return err
}

// excess reports whether too many bytes arrived while nobody read the body, or would.
// If nobody has ever read it, and it will not be fetched to the end, no byte more is
// fetched.
func (b *body) excess() bool {
	switch {
	case b.length >= 0 && b.nearlyDone():
		return false
	case b.length >= 0 && b.unread.never:
		return true
	}
	return b.written-b.unread.from >= unreadMost
}

// nearlyDone reports whether so little is left of a body of known length that the fill
// goes on to the end without a reader.
func (b *body) nearlyDone() bool {
	rest := b.length - b.written
	return rest <= unreadMost || rest <= b.length/lastPart
}

// Deserted reports, for a closed reader, whether nobody reads the body any more and too
// much of it is left. The fill then ends soon, unless somebody begins to read.
func (r *Reader) Deserted() bool {
	f := r.fill
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	return f.mu.phase == started && !f.wanted && !b.unread.since.IsZero() && b.length >= 0 && !b.nearlyDone()
}

// sluggish reports whether a body that nobody has read for span arrives too slowly.
func (f *Fill) sluggish(span time.Duration) bool {
	grace := unreadGrace
	if f.wanted {
		grace = wantedGrace
	}
	b := &f.mu.body
	return span >= grace && float64(b.written-b.unread.from) < leastRate*span.Seconds()
}
