package disk

import (
	"context"
	"errors"
	"fmt"
	"math"

	"brink/store"
)

// Verification is how many index entries name what.
type Verification struct {
	Good       int64 // an object, every byte of which is as it was written
	GoodBytes  int64 // of bodies
	Gone       int64 // what was evicted, or lost in a crash: no fault, a miss
	Checksum   int64 // a record that is not what was written there
	Malformed  int64 // a record or an entry that makes no sense, or a body of another length
	Key        int64 // an object of another key, or of a text with another key
	Unreadable int64 // what the disk or the database does not give
}

// Faults is how many entries name what should not be there.
func (v *Verification) Faults() int64 { return v.Checksum + v.Malformed + v.Key + v.Unreadable }

// errKey: an object has a key that is not its own.
var errKey = errors.New("another object's key")

// Verify reads all that the index names. It changes nothing.
func (r Directory) Verify(ctx context.Context, progress func(Progress)) (v Verification, err error) {
	err = r.look(func(d *databases) error {
		_, err := d.verify(ctx, &v, progress)
		return err
	})
	return v, err
}

// Repair does what Verify does, and deletes the index entries from which no
// object can be read.
func (r Directory) Repair(ctx context.Context, progress func(Progress)) (v Verification, err error) {
	err = r.change(func(d *databases) error {
		bad, err := d.verify(ctx, &v, progress)
		if err != nil {
			return err
		}
		return d.forget(bad)
	})
	return v, err
}

// verify counts into v, and returns the rows of which there is no good object.
func (d *databases) verify(ctx context.Context, v *Verification, progress func(Progress)) (bad [][]byte, err error) {
	if err := d.loadSegments(); err != nil {
		return nil, err
	}
	all, err := d.entries(ctx, progress)
	if err != nil {
		return nil, fmt.Errorf("read the index: %w", err)
	}
	for i := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !v.count(d.check(&all[i])) {
			bad = append(bad, all[i].row)
		}
		progress(Progress{Step: "reading objects", Done: int64(i + 1), Total: int64(len(all))})
	}
	return bad, nil
}

// check reads the object of an entry, and returns how long its body is.
func (d *databases) check(x *indexed) (length int64, err error) {
	if !x.sound {
		return 0, errMalformed
	}
	if !d.segments.hasObject(x.entry) {
		return 0, errNotThere
	}
	o, err := d.readObject(x.entry.head, math.MaxInt64)
	if err != nil {
		return 0, err
	}
	if o.Key != x.key || store.HashKey([]byte(o.Text), d.seed) != x.key {
		return 0, errKey
	}
	return o.Length, nil
}

// count reports whether the object was good.
func (v *Verification) count(length int64, err error) bool {
	switch {
	case err == nil:
		v.Good++
		v.GoodBytes += length
		return true
	case errors.Is(err, errNotThere):
		v.Gone++
	case errors.Is(err, errChecksum):
		v.Checksum++
	case errors.Is(err, errMalformed):
		v.Malformed++
	case errors.Is(err, errKey):
		v.Key++
	default:
		v.Unreadable++
	}
	return false
}
