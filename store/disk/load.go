package disk

import (
	"errors"
	"fmt"
	"time"

	"brink/store"
)

// maxReaders is how many reads of a directory may be under way at a time. A read of a disk
// that no longer answers never ends.
const maxReaders = 64

// maxLate is how many reads in a row may be too slow.
const maxLate = 16

var (
	// errLate: the disk did not answer in time.
	errLate = fmt.Errorf("the disk is too slow: %w", store.ErrNotNow)
	// errOff: there is no database to ask.
	errOff = fmt.Errorf("the disk tier is out of service: %w", store.ErrNotNow)
)

// Load returns the object of a key and text, nil if there is none or it cannot
// be had in time. A body of at most most bytes comes along; a longer one is left
// where it is, for Read.
//
// It waits, at most as long as Options.Deadline says.
func (t *Tier) Load(k store.Key, text string, most int64) *store.Object {
	if w := t.queue.look(k); w != nil {
		if w.object == nil || w.object.Text != text {
			return nil
		}
		return w.object
	}
	o, err := within(t, t.options.Deadline, func(d *databases) (*store.Object, error) { return t.load(d, k, text, most) })
	switch {
	case err == nil:
		t.counts.hits.Add(1)
	case errors.Is(err, errNotThere):
		t.counts.misses.Add(1)
	case errors.Is(err, errLate):
		t.counts.late.Add(1)
	case errors.Is(err, errOff):
	default:
		t.counts.unreadable.Add(1)
	}
	return o
}

// Read returns run i of the body that o's Location tells of, in buf if that is large
// enough. A short wait is as long as Load's.
func (t *Tier) Read(o *store.Object, i int, buf []byte, wait store.DiskWait) ([]byte, error) {
	location := o.Location()
	if location == nil || i < 0 || i >= len(location.Runs) {
		return nil, errNotThere
	}
	limit := t.options.Deadline
	if wait == store.LongWait {
		limit = max(limit, patience)
	}
	run, err := within(t, limit, func(d *databases) ([]byte, error) {
		run, err := d.readRun(position(location.Runs[i]), buf[:0])
		if err == nil && i == 0 {
			d.segments.touch(o.Key, position(location.Runs[0]))
		}
		return run, err
	})
	switch {
	case errors.Is(err, errLate):
		t.counts.late.Add(1)
	case err != nil && !errors.Is(err, errNotThere) && !errors.Is(err, errOff):
		t.counts.unreadable.Add(1)
	}
	return run, err
}

// patience is how long a read may take once the reply has begun.
const patience = 10 * time.Second

func (t *Tier) readWithin(limit time.Duration, pos position, buf []byte) ([]byte, error) {
	return within(t, limit, func(d *databases) ([]byte, error) { return d.readRun(pos, buf[:0]) })
}

// within does a read in a goroutine of its own and waits for it up to the
// limit. What read uses must not be used again before it has returned, which
// after errLate nobody knows.
func within[T any](t *Tier, limit time.Duration, read func(*databases) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	d := t.databases.Load()
	if d == nil {
		return none, errOff
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case d.readers <- struct{}{}:
	case <-timer.C:
		t.tooLate(d)
		return none, errLate
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { <-d.readers }()
		v, err := read(d)
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		t.late.Store(0)
		return a.value, a.err
	case <-d.watch.failed:
		return none, errOff
	case <-timer.C:
		t.tooLate(d)
		return none, errLate
	}
}

// tooLate takes databases out of service that are too slow again and again,
// until they answer.
func (t *Tier) tooLate(d *databases) {
	if t.late.Add(1) != maxLate || !t.databases.CompareAndSwap(d, nil) {
		return
	}
	select {
	case t.slow <- struct{}{}:
	default:
	}
}

// load reads an object, once more if it was written somewhere else meanwhile, as
// what is in use is before its segment is dropped.
func (t *Tier) load(d *databases, k store.Key, text string, most int64) (*store.Object, error) {
	e, found, err := d.find(k)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errNotThere
	}
	o, err := t.loadEntry(d, k, e, text, most)
	if err != nil {
		if now, found, _ := d.find(k); found && now.head != e.head {
			return t.loadEntry(d, k, now, text, most)
		}
	}
	return o, err
}

// loadEntry reads the object that an entry names.
func (t *Tier) loadEntry(d *databases, k store.Key, e entry, text string, most int64) (*store.Object, error) {
	if !d.segments.hasObject(e) {
		return nil, errNotThere
	}
	o, err := d.readObject(e.head, most)
	if err != nil {
		t.deleteUnreadable(k, e.head)
		return nil, err
	}
	if o.Key != k || o.Text != text {
		return nil, errNotThere
	}
	d.segments.touch(k, e.lowest)
	return o, nil
}

// readObject reads the head at pos, and bodies of at most most bytes.
func (d *databases) readObject(pos position, most int64) (*store.Object, error) {
	b, err := d.read(pos, nil)
	if err != nil {
		return nil, err
	}
	o, err := parseHead(b, pos)
	if err != nil {
		return nil, err
	}
	if v := o.Variants; v != nil && v.Plain != nil {
		if err := d.readBody(v.Plain, most); err != nil {
			return nil, err
		}
	}
	return o, d.readBody(o, most)
}

// readBody reads the body of o into memory, unless it is there or too long.
func (d *databases) readBody(o *store.Object, most int64) error {
	location := o.Location()
	if location == nil || o.Body != nil || o.Length > most {
		return nil
	}
	body := make([][]byte, 0, len(location.Runs))
	left := o.Length
	for _, pos := range location.Runs {
		n := min(left, store.RunSize)
		run, err := d.readRun(position(pos), nil)
		if err != nil {
			return err
		}
		if int64(len(run)) != n {
			return errMalformed
		}
		body = append(body, run[:n:n])
		left -= n
	}
	o.Body = body
	return nil
}

// readRun appends the run at pos to buf, or the body of the head there.
func (d *databases) readRun(pos position, buf []byte) ([]byte, error) {
	start := len(buf)
	b, err := d.read(pos, buf)
	if err != nil {
		return buf, err
	}
	record := b[start:]
	if len(record) > sealSize && record[len(record)-sealSize] == kindHead {
		body, err := bodyIn(record, pos)
		return append(b[:start], body...), err
	}
	run, err := unseal(record, pos, kindRun)
	if err != nil {
		return buf, err
	}
	return b[:start+len(run)], nil
}
