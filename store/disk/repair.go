package disk

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	superviseTick = 250 * time.Millisecond
	firstWait     = 250 * time.Millisecond
	longWait      = 5 * time.Second
	roomWait      = 2 * longPause // for room, after there was none
	// oldTries is how often databases are tried on a disk that fails before new
	// ones are.
	oldTries = 3
	// maxLate is how many reads in a row may be too slow.
	maxLate = 16
	// maxAbandoned is how many databases may wait to be closed that were given
	// up. Each holds memory.
	maxAbandoned = 16
)

var (
	// errLost: what is to be deleted could not be noted.
	errLost = errors.New("too much is to be deleted")
	// errEnded: pebble could not cope with what it found.
	errEnded = errors.New("the databases do not open")
)

// outcome is that of an attempt to open databases.
type outcome struct {
	d   *databases
	err error
}

// start opens the directory and begins to supervise. It does not wait for room on a
// full disk: the tier then begins out of service.
func (t *Tier) start() error {
	first := t.attempt(0, false)
	o, ended := t.awaitFirst(first)
	if errors.Is(o.err, ErrInUse) {
		return o.err
	}
	cause := o.err
	if ended {
		first = nil
		if cause == nil {
			t.seed, t.stamp = o.d.seed, o.d.stamp
			cause = t.serve(o.d)
		}
	}
	if t.opened == nil {
		t.beginOff()
		t.report(cause)
	}
	t.running.Go(func() { t.supervise(first, cause) })
	return nil
}

// awaitFirst waits for the first attempt. It reports false, and why, if that takes too
// long: on a full disk it may not end before there is room.
func (t *Tier) awaitFirst(first <-chan outcome) (o outcome, ended bool) {
	timer := time.NewTimer(openTimeout)
	defer timer.Stop()
	full, late := t.room.news, errLate
	for {
		select {
		case o = <-first:
			return o, true
		case <-full:
			full, late = nil, errNoRoom
			timer.Reset(fullTimeout)
		case <-timer.C:
			return outcome{err: late}, false
		}
	}
}

// beginOff begins out of service. From now on keys are made with the seed, and purges are
// restored. So if the directory's seed and purges are not known by now, its content
// cannot be used later.
func (t *Tier) beginOff() {
	if t.room.full.Load() {
		if id, ok := t.learn(fullTimeout); ok && (t.seed == 0 || t.seed == id.seed) {
			t.seed, t.stamp = id.seed, id.stamp
			return
		}
	}
	t.mu.empty = true
	if t.seed == 0 {
		t.seed = randomSeed()
	}
}

// report tells of a tier that begins out of service.
func (t *Tier) report(cause error) {
	if t.options.Report != nil {
		t.options.Report(Off, cause)
	}
}

// supervise brings the tier back into service whenever it has failed. first is
// an attempt that is under way, if it is not nil.
func (t *Tier) supervise(first <-chan outcome, cause error) {
	for {
		if t.opened == nil && !t.reopen(first, cause) {
			return
		}
		first = nil
		if cause = t.oversee(t.opened); cause == nil {
			return
		}
		t.judge(t.opened)
		t.giveUp(t.opened, cause)
		t.queue.endStreams(cause)
		t.opened = nil
		t.turn(Off, cause)
	}
}

// judge gives databases up for ever that have failed on a disk that has not: it
// is what they hold, and would fail them again.
func (t *Tier) judge(d *databases) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.empty = t.mu.empty || d.guard.faults.Load() == 0
}

// serve takes databases into service, or gives them up.
func (t *Tier) serve(d *databases) error {
	t.epoch = max(t.epoch, d.epoch)
	if err := t.begin(d); err != nil {
		t.giveUp(d, err)
		return err
	}
	t.opened = d
	t.turn(Serving, nil)
	return nil
}

// reopen tries until there are databases in service. It reports false if the
// tier closes before.
func (t *Tier) reopen(under <-chan outcome, cause error) bool {
	for try := 0; ; try++ {
		if under == nil {
			if !t.wait(min(firstWait<<min(try, 10), longWait)) {
				return false
			}
			if t.abandoned.Load() >= maxAbandoned {
				continue
			}
			under = t.attempt(try, true)
		}
		var o outcome
		select {
		case o = <-under:
		case <-t.quit:
			return t.leave(under)
		}
		under = nil
		if o.err == nil && t.serve(o.d) == nil {
			return true
		}
	}
}

// leave has what an attempt opens closed again when it ends.
func (t *Tier) leave(under <-chan outcome) bool {
	t.attempts.Go(func() {
		if o := <-under; o.d != nil {
			t.giveUp(o.d, errOff)
		}
	})
	return false
}

// wait waits, and reports false if the tier closes.
func (t *Tier) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.quit:
		return false
	}
}

// attempt opens databases in a goroutine of its own, since it may wait for ever.
func (t *Tier) attempt(try int, again bool) <-chan outcome {
	done := make(chan outcome, 1)
	o := opening{sizes: t.sizes, seed: t.seed, epoch: t.epoch}
	t.attempts.Go(func() {
		out := outcome{err: errEnded}
		defer func() { done <- out }()
		out.d, out.err = t.open(o, try, again)
	})
	return done
}

// open opens the databases that there are. If they make no sense, or may not be
// used any more, or the disk has failed them too often, it opens new ones.
func (t *Tier) open(o opening, try int, again bool) (*databases, error) {
	h := &t.home
	if err := h.take(); err != nil {
		return nil, err
	}
	if again {
		err := h.probe()
		if vfs.IsNoSpaceError(err) && t.room.give() {
			err = h.probe()
		}
		if err != nil {
			return nil, err
		}
	}
	newest, highest, err := h.numbers()
	if err != nil {
		return nil, err
	}
	if t.mayUseOld() {
		number := max(newest, 1)
		o.path = h.databases(number)
		d, sound, err := t.openOld(o)
		if err == nil {
			t.clean(number)
		}
		if err == nil || !sound && (try < oldTries || vfs.IsNoSpaceError(err)) {
			return d, err
		}
		highest = max(highest, number)
	}
	h.highest = highest + 1
	o.path = h.databases(h.highest)
	d, _, err := t.openPath(o)
	if err == nil {
		d.fresh = true
		t.clean(h.highest)
	}
	return d, err
}

// mayUseOld reports whether databases that were in use before may come into
// service.
func (t *Tier) mayUseOld() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.mu.empty
}

// clean deletes all databases but some, and tries as often as it takes: they take
// room that the budget does not know of.
func (t *Tier) clean(but uint64) {
	olds := t.home.retire(but)
	if len(olds) == 0 {
		return
	}
	t.attempts.Go(func() {
		for _, old := range olds {
			for try := 0; t.options.FS.RemoveAll(old) != nil; try++ {
				if !t.wait(min(firstWait<<min(try, 10), longWait)) {
					return
				}
			}
		}
	})
}

// openOld opens databases that may have been open before, which must have ended
// all they had begun.
func (t *Tier) openOld(o opening) (d *databases, sound bool, err error) {
	if !t.idle() {
		return nil, false, errLate
	}
	return t.openPath(o)
}

// idle reports whether databases that were given up have nothing under way.
func (t *Tier) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.cut = slices.DeleteFunc(t.mu.cut, (*guard).idle)
	return len(t.mu.cut) == 0
}

// openPath opens databases. With an error it says whether the disk was sound: if
// so, it is the databases that are not.
func (t *Tier) openPath(o opening) (d *databases, sound bool, err error) {
	d = newDatabases(newGuard(t.options.FS, t.room))
	ended := make(chan error, 1)
	go func() {
		err := errEnded
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: %v", errEnded, p)
			}
			ended <- err
		}()
		if err = d.open(o); err == nil {
			err = d.beginSegments()
		}
	}()
	err = <-ended
	if cause := d.watch.cause(); cause != nil {
		err = cause
	}
	if err != nil {
		t.giveUp(d, err)
		return nil, d.guard.faults.Load() == 0, err
	}
	t.counts.indexBytes.Store(int64(d.index.Metrics().DiskSpaceUsage()))
	return d, true, nil
}

// fail takes databases out of service for good.
func (t *Tier) fail(d *databases, err error) {
	t.databases.CompareAndSwap(d, nil)
	d.watch.fail(err)
}

// giveUp takes databases out of service for good, and closes them as soon as
// that can be done, which may be never.
func (t *Tier) giveUp(d *databases, cause error) {
	t.fail(d, cause)
	d.guard.cutOff()
	t.abandoned.Add(1)
	t.mu.Lock()
	t.mu.cut = append(t.mu.cut, d.guard)
	t.mu.Unlock()
	go func() {
		defer func() { _ = recover() }() // pebble does not expect all of this
		_ = d.close()
		t.abandoned.Add(-1)
	}()
}

// oversee watches databases in service, and returns why they must be given up;
// nil if the tier closes.
func (t *Tier) oversee(d *databases) error {
	tick := time.NewTicker(superviseTick)
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

// overseer knows what is being done about databases that are slow, or full.
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
		t.turn(Off, errLate)
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

// noteFull leaves what was given to those who needed it for a while: if it were made
// again at once they would find none, for ever. If it had been made only just now
// there is too little for both, and a segment is to go.
func (o *overseer) noteFull(now time.Time) {
	t := o.tier
	if !o.full {
		o.full = true
		o.next = now.Add(roomWait)
		if now.Sub(o.made) < longWait {
			o.giveWay(t.sizes.segment)
		}
	}
	if !o.asleep {
		t.turn(ReadOnly, errNoRoom)
	}
}

// ask writes to the databases, and waits for a place among the readers first:
// then they have answered.
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

// resume puts databases that answer again back into service.
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
		t.turn(ReadOnly, errNoRoom)
		return
	}
	t.turn(Serving, nil)
}

// giveWay has the tier use so much less than it does, from now on.
func (o *overseer) giveWay(bytes int64) {
	t := o.tier
	t.limit.Store(max(0, min(t.limit.Load(), t.used(o.d))-bytes))
	t.giveWay.Store(true)
}

// keptRoom takes note of an attempt to make the room, or of another look at it
// while the tier uses less than it might: it takes more again, segment by segment,
// as long as there is room for it. As long as there is not even this one, segments
// are dropped, one each time.
func (o *overseer) keptRoom(kept roomKept) {
	t := o.tier
	o.kept = nil
	if kept.err == nil {
		o.full, o.tries, o.made = false, 0, time.Now()
		o.next = o.made.Add(longWait)
		if kept.more {
			t.limit.Store(min(t.limit.Load()+t.sizes.segment, t.sizes.limit))
		}
		if !o.asleep {
			t.turn(Serving, nil)
		}
		return
	}
	if t.room.full.Load() {
		o.giveWay(t.sizes.segment)
	}
	o.next = time.Now().Add(min(firstWait<<min(o.tries, 10), longWait))
	o.tries++
}

// leaveHome closes the databases, if there are any, and lets go of the
// directory. Databases that do not know of all deletions are not used again, if the
// disk takes note of that.
func (t *Tier) leaveHome(limit time.Duration) error {
	done := make(chan error, 1)
	go func() {
		t.attempts.Wait()
		var err error
		if t.opened != nil {
			err = t.opened.close()
		}
		if t.owes() {
			t.home.retire(0)
		}
		done <- errors.Join(err, t.home.release())
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		if t.opened != nil {
			t.fail(t.opened, errLate)
			t.opened.guard.cutOff()
		}
		return errLate
	}
}

// owes reports whether something was deleted, or replaced, that the databases may
// still have.
func (t *Tier) owes() bool {
	t.mu.Lock()
	empty := t.mu.empty
	t.mu.Unlock()
	failed := t.opened == nil || t.opened.watch.cause() != nil
	return empty || t.queue.owes(failed)
}
