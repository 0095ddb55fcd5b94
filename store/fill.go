package store

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"brink/purge"
)

var (
	// ErrTooLarge: the body is larger than a fill keeps. Decline. Start returns it as
	// a *TooLargeError.
	ErrTooLarge = errors.New("body is larger than is stored")
	// ErrBusy: the memory for bodies in flight is used up. Decline.
	ErrBusy = errors.New("no memory for another body")
	// ErrCrowded is an ErrBusy: the memory that is left is for bodies of other sites.
	ErrCrowded = fmt.Errorf("%w of the site", ErrBusy)
	// ErrAborted: the body ended before it was complete. The client must see
	// that.
	ErrAborted = errors.New("body was broken off")
	// ErrAbandoned: nothing of the body will be stored and nobody reads it.
	ErrAbandoned = errors.New("nobody wants the body")
	// ErrLength: the body is not as long as announced.
	ErrLength = errors.New("body length is not as announced")
)

// Outcome is how waiting for a fill ended.
type Outcome uint8

const (
	Started  Outcome = iota // there is a response, its body is arriving or complete: Object, Reader
	Resolved                // there is a whole response that needed no fetch of a body: Object, Reader
	Declined                // the response is not to be shared: fetch on your own. Reason
	Failed                  // there is no response: Err
	TooLate                 // the response's body can no longer be read from its beginning: fetch on your own
	GaveUp                  // the caller did not want to wait any longer
)

// Fill is one fetch, shared by all who want its result. One goroutine leads it. Others
// wait for it and read the body while it arrives:
//
//	begun --Start--> started --Finish--> finished
//	  |                 '-----Fail-----> failed
//	  |--Resolve--> resolved
//	  |--Decline--> declined
//	  '--Fail-----> failed
//
// Start, Write and the calls that end a fill belong to the goroutine that leads. Of the
// calls that end it, the first counts and the others do nothing, so a deferred Fail is
// safe. The other methods may be called from any goroutine. A client that leaves does
// not end a fill.
//
// A body whose length was not announced, and that grows beyond what may be kept,
// overflows. Then nobody new may join, and nothing is stored. Runs that all readers
// have read are dropped, and the writer waits for the slowest reader. If the tier below
// takes the body (see spill), readers may still join, and it is stored.
type Fill struct {
	store   *Store
	key     Key
	primary Key
	text    string
	stamp   purge.Seq
	version uint64 // of the purges when it began
	begun   Instant
	decided chan struct{}          // closed when waiting ends
	alias   atomic.Pointer[Object] // not nil: listed under the key of this one too
	head    atomic.Pointer[Object] // not nil: the response has begun
	fenced  atomic.Bool            // another fill took its place: stores nothing
	most    int64                  // bytes of body that are kept: see Limit
	wanted  bool                   // Want was called
	share   *share                 // of the site; nil before Start
	waiting atomic.Int32           // goroutines in Wait

	mu struct {
		sync.Mutex

		phase  phase
		ending bool    // one of the calls that end a fill has been made
		object *Object // without a body until the fill is finished
		err    error
		reason uint8

		deserted bool // nobody reads the body, and it ends: too late to join
		body     body
		held     int64 // bytes reserved for body and head
	}
}

// phase is the state of a fill.
type phase uint8

const (
	begun phase = iota
	started
	finished
	resolved
	declined
	failed
)

var phases = [...]string{"waits for the head", "receives the body", "finished", "resolved", "declined", "failed"}

func (p phase) String() string { return phases[p] }

// outcome is the result of Wait in a phase.
func (p phase) outcome() Outcome {
	switch p {
	case started, finished:
		return Started
	case resolved:
		return Resolved
	case declined:
		return Declined
	}
	return Failed
}

// Stamp returns the newest purge in force when the fill began. Objects of the fill
// carry it, or a lower one.
func (f *Fill) Stamp() purge.Seq { return f.stamp }

// isFor reports whether f fetches the response with this key and text.
func (f *Fill) isFor(k Key, text string) bool {
	if k == f.key && text == f.text {
		return true
	}
	alias := f.alias.Load()
	return alias != nil && k == alias.Key && text == alias.Text
}

// Limit bounds the bytes of a body that is kept. A longer body is passed on and not
// kept. 0 means that only the store has a limit. Limit must be called before Start.
func (f *Fill) Limit(most int64) { f.most = most }

// Start says that the response's head has arrived and its body follows: length bytes,
// or -1 if the length is not known. Start takes o over. Its Body must be empty, and its
// key may differ from the fill's, as that of a variant. Start sets its Length to
// length, and lowers its Stamp to the fill's if it is newer.
//
// An error (ErrTooLarge, ErrBusy) changes nothing. The caller then declines.
func (f *Fill) Start(o *Object, length int64) error {
	large := length > f.longest(o)
	if large && !f.keepsBelow(o, length) {
		return f.tooLarge(o, length)
	}
	held := o.cost() + bodyCost(length)
	if large {
		held = o.cost() + RunSize
	}
	f.share = f.store.flight.shares.of(o.Site)
	if err := f.store.flight.reserveFor(f.share, 0, held); err != nil {
		f.store.counts.busy.Add(1)
		return err
	}
	o.Length = length
	o.Stamp = min(o.Stamp, f.stamp)
	if o.Key != f.key {
		f.store.list(f, o)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.mu.phase != begun || f.mu.ending {
		panic("BUG: Start of a fill that has started or ended")
	}
	f.mu.object, f.mu.held = o, held
	f.mu.body.begin(length)
	if large {
		f.mu.body.overflowing, f.mu.body.spare = true, RunSize
		if !f.spillLocked() {
			f.mu.body.overflowing, f.mu.body.spare = false, 0
			f.mu.object = nil
			f.releaseLocked(held)
			return f.tooLarge(o, length)
		}
	}
	f.mu.phase = started
	f.mu.body.unread.never = true
	f.attendLocked()
	f.head.Store(o)
	close(f.decided)
	return nil
}

// Finish says that the body is complete. It checks the length, stores the object and
// returns it. If the object cannot be stored, those who wait or read get it all the
// same. If the body has overflowed and is not on disk, Finish returns nil and no error:
// there is no object, but the readers get all of the body.
func (f *Fill) Finish() (*Object, error) {
	f.mu.Lock()
	b := &f.mu.body
	if f.mu.ending || f.mu.phase != started {
		err := f.mu.err
		f.mu.Unlock()
		if err == nil {
			err = errors.New("fill has ended")
		}
		return nil, err
	}
	if b.length >= 0 && b.written != b.length {
		err := fmt.Errorf("%w: %d bytes of %d", ErrLength, b.written, b.length)
		f.mu.Unlock()
		f.Fail(err)
		return nil, err
	}
	f.mu.ending = true
	if b.overflowing {
		b.complete = true
		b.news.tell()
		sp := b.spill
		f.mu.Unlock()
		o := f.finishSpill(sp)
		f.conclude(finished, nil)
		return o, nil
	}
	f.compactLocked()
	o, held := f.mu.object.withBody(b.slices(), b.written), f.mu.held
	f.mu.object, f.mu.held = o, 0
	f.mu.Unlock()
	f.publish(o, held)
	f.conclude(finished, nil)
	return o, nil
}

// Resolve ends the fill with an object whose body was not fetched: a 304 renewed an
// older one, or another tier had it. The object is stored.
func (f *Fill) Resolve(o *Object) {
	if !f.end() {
		return
	}
	f.mu.Lock()
	f.mu.object = o
	f.mu.Unlock()
	f.publish(o, 0)
	f.conclude(resolved, nil)
}

// Decline ends the fill: the response is not to be shared. All who wait are released at
// once and fetch on their own. The caller defines the reasons.
func (f *Fill) Decline(reason uint8) {
	if !f.end() {
		return
	}
	f.mu.Lock()
	f.mu.reason = reason
	f.mu.Unlock()
	f.conclude(declined, nil)
}

// Fail ends the fill without a whole response. Nothing is stored. Those who wait get
// err. Those who read get ErrAborted, which wraps err.
func (f *Fill) Fail(err error) {
	if !f.end() {
		return
	}
	if !errors.Is(err, ErrUnread) && !errors.Is(err, ErrSlow) {
		f.store.counts.failed.Add(1)
	}
	f.conclude(failed, err)
}

// end claims the right to end the fill.
func (f *Fill) end() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := !f.mu.ending
	f.mu.ending = true
	return first
}

// publish stores o, unless f is fenced or another fetch has stored something newer.
func (f *Fill) publish(o *Object, held int64) {
	checkObject(o)
	s := f.store
	s.flight.disown(f.share, held)
	fenced := f.fenced.Load()
	if fenced {
		s.counts.fenced.Add(1)
	}
	sh := s.shard(o.Key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if fenced || f.overtakenLocked(sh, o) {
		s.flight.release(held)
		return
	}
	s.publishLocked(sh, o, held)
}

// overtakenLocked reports whether another fetch has stored something newer than o since
// f began.
func (f *Fill) overtakenLocked(sh *shard, o *Object) bool {
	sl := f.store.slotLocked(sh, o.Key.Hi)
	if sl == nil {
		return false
	}
	now := sl.object.Load()
	if now != nil && now.Variants != nil {
		now = now.Variants.Plain
	}
	return now != nil && now.Text == o.Text && now.Lifetime.Born > f.begun && now.Lifetime.Born > o.Lifetime.Born &&
		f.store.Verdict(now) == purge.Untouched
}

// conclude brings a fill to its last phase. The fill leaves the table before anyone is
// woken, so that a caller that asks again does not find it again.
func (f *Fill) conclude(last phase, err error) {
	f.store.retire(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	undecided := f.mu.phase == begun
	f.mu.phase, f.mu.err = last, err
	f.mu.body.show()
	f.releaseRestLocked()
	if undecided {
		close(f.decided)
	}
}

// releaseRestLocked gives back what is reserved for an ended fill. It waits for the
// last reader of an overflowing body.
func (f *Fill) releaseRestLocked() {
	if f.mu.phase == started || len(f.mu.body.readers) > 0 && f.mu.body.overflowing {
		return
	}
	f.releaseLocked(f.mu.held)
}
