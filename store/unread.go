package store

import (
	"errors"
	"fmt"
	"time"
)

// A fill goes on when the last client that reads its body leaves, as somebody may
// come back, and the object is of use to others. It does not for long: see spare,
// sluggish.
const (
	// unreadMost is how many bytes of a body come for nobody, be it that they are
	// the rest, or that they come until the fill ends.
	unreadMost = 8 << 20
	// lastPart is which part of the body may be the rest however long that is.
	lastPart = 10
	// leastRate is how many bytes a second must come of a body that nobody reads, from
	// unreadGrace on; if it is wanted all the same, from wantedGrace on.
	leastRate   = 1 << 10
	unreadGrace = 10 * time.Second
	wantedGrace = 60 * time.Second
)

var (
	// ErrUnread: nobody reads the body any more, and too much of it is to come.
	ErrUnread = fmt.Errorf("%w: nobody reads the body", ErrAbandoned)
	// ErrSlow: nobody reads the body, and it comes too slowly.
	ErrSlow = errors.New("nobody reads the body, and it comes too slowly")
)

// Desertion is the Reason of a fill that ended because nobody read its body, for a
// caller who comes at that moment. It fetches on its own.
const Desertion uint8 = 254

// unread is since when nobody reads the body of a fill, or is about to.
type unread struct {
	since time.Time // zero: somebody does, or the body has not begun
	from  int64     // bytes that had arrived then
	never bool      // nobody ever did
}

// Want says that the body is wanted even if nobody reads it, as that of a refresh is. It
// must be called before Start.
func (f *Fill) Want() { f.wanted = true }

// attendLocked takes note of whether somebody reads the body. It is called when
// readers, or those owed one, come and go.
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

// desertLocked reports why the rest of the body is not worth fetching; nil if it is.
// After an error nobody can come to read it.
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

// excess reports whether too much of a body has come for nobody, or would. If nobody
// read any of it, none comes that does not lead to its end.
func (b *body) excess() bool {
	switch {
	case b.length >= 0 && b.nearlyDone():
		return false
	case b.length >= 0 && b.unread.never:
		return true
	}
	return b.written-b.unread.from >= unreadMost
}

// nearlyDone reports whether so little is left of a body of known length that it comes
// for nobody.
func (b *body) nearlyDone() bool {
	rest := b.length - b.written
	return rest <= unreadMost || rest <= b.length/lastPart
}

// Deserted reports, of a closed reader, whether nobody reads the body any more and too
// much of it is to come. It ends soon, unless somebody comes.
func (r *Reader) Deserted() bool {
	f := r.fill
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	return f.mu.phase == started && !f.wanted && !b.unread.since.IsZero() && b.length >= 0 && !b.nearlyDone()
}

// sluggish reports whether a body that nobody reads, for so long, comes too slowly.
func (f *Fill) sluggish(span time.Duration) bool {
	grace := unreadGrace
	if f.wanted {
		grace = wantedGrace
	}
	b := &f.mu.body
	return span >= grace && float64(b.written-b.unread.from) < leastRate*span.Seconds()
}
