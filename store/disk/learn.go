package disk

import (
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"brink/purge"
)

// identity is what must be known of databases before anything can be looked up: with
// what seed keys are made, and which purges must be known.
type identity struct {
	seed  uint64
	stamp purge.Seq
}

// learn reads the identity of the current databases, and writes nothing: on a full disk
// they cannot be opened, but can be read. It reports false if that takes too long, or
// if there are no valid databases.
func (t *Tier) learn(limit time.Duration) (identity, bool) {
	done := make(chan identity, 1)
	t.attempts.Go(func() {
		defer close(done)
		if id, err := t.identify(); err == nil {
			done <- id
		}
	})
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case id, ok := <-done:
		return id, ok
	case <-timer.C:
		return identity{}, false
	}
}

func (t *Tier) identify() (id identity, err error) {
	defer func() {
		if p := recover(); p != nil { // pebble's, of what it finds
			err = fmt.Errorf("%w: %v", errEnded, p)
		}
	}()
	h := home{fs: t.options.FS, path: t.home.path}
	newest, _, err := h.numbers()
	if err != nil {
		return identity{}, err
	}
	d := newDatabases(newGuard(h.fs, newRoom(h.fs, "", 0)))
	options := indexOptions(d.guard, &t.sizes, d.watch)
	options.ReadOnly, options.ErrorIfNotExists = true, true
	if d.index, err = pebble.Open(h.fs.PathJoin(h.databases(newest), "index"), options); err != nil {
		return identity{}, fmt.Errorf("open the index: %w", err)
	}
	known, err := d.know()
	if err == nil && !known {
		err = errNone
	}
	if cerr := d.close(); err == nil {
		err = cerr
	}
	return identity{d.seed, d.stamp}, err
}
