package disk

import (
	"errors"
	"time"
)

const (
	firstWait = 250 * time.Millisecond // before databases are opened again; each further wait is twice as long
	lastWait  = 5 * time.Second        // the longest wait
	// maxAbandoned is how many databases that were given up may wait to be closed. Each
	// holds memory.
	maxAbandoned = 16
)

// waitAfter is how long to wait after so many tries that failed.
func waitAfter(tries int) time.Duration { return min(firstWait<<min(tries, 10), lastWait) }

// start opens the directory and begins to supervise. It does not wait for room on a
// full disk: the tier then begins out of service.
func (t *Tier) start() error {
	first := t.attempt(0)
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

// awaitFirst waits for the first attempt to end. It reports false, with the reason in
// the outcome, if that takes too long: on a full disk it may not end before there is
// space.
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

// beginOff begins out of service. From now on keys are made with the tier's seed, and
// purges are restored up to its stamp. So if those of the directory are not known now,
// its content cannot be used later.
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

// report reports that the tier begins out of service.
func (t *Tier) report(cause error) {
	if t.options.Report != nil {
		t.options.Report(Off, cause)
	}
}

// supervise brings the tier back into service each time that it has failed. first is an
// attempt that is under way, or nil.
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
		t.setState(Off, cause)
	}
}

// serve takes databases into service, or gives them up.
func (t *Tier) serve(d *databases) error {
	t.epoch = max(t.epoch, d.epoch)
	if err := t.begin(d); err != nil {
		t.giveUp(d, err)
		return err
	}
	t.opened = d
	t.setState(Serving, nil)
	return nil
}

// reopen tries until databases are in service. It reports false if the tier closes
// before that.
func (t *Tier) reopen(under <-chan outcome, cause error) bool {
	for try := 1; ; try++ {
		if under == nil {
			if !t.wait(waitAfter(try - 1)) {
				return false
			}
			if t.abandoned.Load() >= maxAbandoned {
				continue
			}
			under = t.attempt(try)
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

// leave closes the databases that an attempt under way opens.
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
