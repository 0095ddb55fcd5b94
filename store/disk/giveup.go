package disk

import (
	"errors"
	"time"
)

// fail takes databases out of service for good.
func (t *Tier) fail(d *databases, err error) {
	t.databases.CompareAndSwap(d, nil)
	d.watch.fail(err)
}

// giveUp takes databases out of service for ever, and closes them when that is
// possible. It may never be.
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

// judge makes sure that databases are never used again if they failed on a disk that
// did not: their content would make them fail again.
func (t *Tier) judge(d *databases) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.empty = t.mu.empty || d.guard.faults.Load() == 0
}

// leaveHome closes the databases, if there are any, and unlocks the directory.
// Databases that miss a deletion are marked as old, so that they are not used again.
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

// owes reports whether the databases may still have an object that was deleted or
// replaced.
func (t *Tier) owes() bool {
	t.mu.Lock()
	empty := t.mu.empty
	t.mu.Unlock()
	failed := t.opened == nil || t.opened.watch.cause() != nil
	return empty || t.queue.owes(failed)
}
