package disk

import (
	"errors"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

const (
	overseeTick = 250 * time.Millisecond
	roomWait    = 2 * longPause // for room, after there was none
)

// errLost: what is to be deleted could not be noted.
var errLost = errors.New("too much is to be deleted")

// oversee watches databases in service, and returns why they must be given up;
// nil if the tier closes.
func (t *Tier) oversee(d *databases) error {
	tick := time.NewTicker(overseeTick)
	defer tick.Stop()
	o := overseer{tier: t, d: d}
	for {
		select {
		case <-d.watch.failed:
			return d.watch.cause()
		case <-t.quit:
			return nil
		case <-t.slow:
		case <-t.room.news:
		case <-o.answered:
			o.resume()
		case kept := <-o.kept:
			o.keptRoom(kept)
		case <-tick.C:
		}
		o.look(time.Now())
	}
}

// overseer looks after databases in service: it finds out whether they are too slow, or
// the disk is full, and what was already done about that.
type overseer struct {
	tier *Tier
	d    *databases

	asleep   bool
	answered chan struct{} // not nil: they are being asked whether they answer

	kept  chan roomKept // not nil: the room is being made
	full  bool          // the disk was found full since it was made last
	tries int           // to make it since then
	made  time.Time     // when it was, or was looked at; zero: never
	next  time.Time     // when it may be made again, or looked at
}

// roomKept is the outcome of an attempt to make the room.
type roomKept struct {
	err  error
	more bool // there is some left
}

func (o *overseer) look(now time.Time) {
	t := o.tier
	if !o.asleep && t.databases.Load() == nil && o.d.watch.cause() == nil {
		o.asleep = true
		t.setState(Off, errLate)
		o.ask()
	}
	if t.room.full.Load() {
		o.noteFull(now)
	}
	if o.kept == nil && (o.full || o.made.IsZero() || t.limit.Load() < t.sizes.limit) && now.After(o.next) {
		kept := make(chan roomKept, 1)
		o.kept = kept
		go func() {
			err := t.room.keep()
			kept <- roomKept{err, err == nil && t.room.fits(2*t.sizes.segment)}
		}()
	}
}

// noteFull notes that the disk is full. It waits before the room is made again:
// otherwise the operations that need the space would not find any. If the room was made
// a moment ago there is too little space for both, and a segment is dropped.
func (o *overseer) noteFull(now time.Time) {
	t := o.tier
	if !o.full {
		o.full = true
		o.next = now.Add(roomWait)
		if now.Sub(o.made) < lastWait {
			o.lowerLimit(t.sizes.segment)
		}
	}
	if !o.asleep {
		t.setState(ReadOnly, errNoRoom)
	}
}

// ask finds out whether the databases answer: it waits for a free reader, and then for
// a write.
func (o *overseer) ask() {
	answered, d := make(chan struct{}), o.d
	o.answered = answered
	go func() {
		select {
		case d.readers <- struct{}{}:
		case <-d.watch.failed:
			return
		}
		defer func() { <-d.readers }()
		if err := d.index.LogData(nil, pebble.Sync); err != nil {
			d.watch.fail(err)
			return
		}
		close(answered)
	}()
}

// resume takes databases that answer again back into service.
func (o *overseer) resume() {
	t := o.tier
	o.answered, o.asleep = nil, false
	t.mu.Lock()
	lost := t.mu.empty
	if !lost {
		t.late.Store(0)
		t.databases.Store(o.d)
	}
	t.mu.Unlock()
	if lost { // while they slept
		o.d.watch.fail(errLost)
		return
	}
	if t.room.full.Load() {
		t.setState(ReadOnly, errNoRoom)
		return
	}
	t.setState(Serving, nil)
}

// lowerLimit lowers the limit of the tier to bytes less than it uses.
func (o *overseer) lowerLimit(bytes int64) {
	t := o.tier
	t.limit.Store(max(0, min(t.limit.Load(), t.used(o.d))-bytes))
	t.limitLowered.Store(true)
}

// keptRoom handles the end of an attempt to make the room. After a success it raises
// the limit by a segment if there is space for more. After a failure on a full disk it
// lowers the limit by a segment.
func (o *overseer) keptRoom(kept roomKept) {
	t := o.tier
	o.kept = nil
	if kept.err == nil {
		o.full, o.tries, o.made = false, 0, time.Now()
		o.next = o.made.Add(lastWait)
		if kept.more {
			t.limit.Store(min(t.limit.Load()+t.sizes.segment, t.sizes.limit))
		}
		if !o.asleep {
			t.setState(Serving, nil)
		}
		return
	}
	if t.room.full.Load() {
		o.lowerLimit(t.sizes.segment)
	}
	o.next = time.Now().Add(waitAfter(o.tries))
	o.tries++
}
