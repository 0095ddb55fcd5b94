package disk

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// oldTries is how often databases are opened again on a disk that fails, before new ones
// are made.
const oldTries = 3

// errEnded: pebble could not cope with what it found.
var errEnded = errors.New("the databases do not open")

// outcome is that of an attempt to open databases.
type outcome struct {
	d   *databases
	err error
}

// attempt opens databases in a goroutine of its own, which may hang for ever. Try 0 is
// the one at the start.
func (t *Tier) attempt(try int) <-chan outcome {
	done := make(chan outcome, 1)
	o := opening{sizes: t.sizes, seed: t.seed, epoch: t.epoch}
	t.attempts.Go(func() {
		out := outcome{err: errEnded}
		defer func() { done <- out }()
		out.d, out.err = t.open(o, try)
	})
	return done
}

// open opens the databases that there are. If they make no sense, or may not be
// used any more, or the disk has failed them too often, it opens new ones.
func (t *Tier) open(o opening, try int) (*databases, error) {
	h := &t.home
	if err := h.take(); err != nil {
		return nil, err
	}
	if try > 0 {
		err := h.probe()
		if vfs.IsNoSpaceError(err) && t.room.release() {
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
		if err == nil || !sound && (try <= oldTries || vfs.IsNoSpaceError(err)) {
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
				if !t.wait(waitAfter(try)) {
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
