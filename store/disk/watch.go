package disk

import (
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// watch hears what pebble has to say of a database. Its defaults for what goes
// badly wrong end the process; here the tier goes on without the database.
type watch struct {
	failed chan struct{} // closed at the first failure that the database does not survive

	mu sync.Mutex

	err        error // of that failure
	background int64 // errors of flushes and compactions, which pebble tries again
	last       error // of those
}

func newWatch() *watch { return &watch{failed: make(chan struct{})} }

// fail notes that the database is of no use any more.
func (w *watch) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
		close(w.failed)
	}
}

// cause returns why the database is of no use, nil if it is.
func (w *watch) cause() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

func (w *watch) Infof(string, ...any) {}

func (w *watch) Errorf(string, ...any) {}

// Fatalf never returns: what pebble does after it takes that for granted. It may
// hold pebble's locks, so whoever calls the database later may wait for ever.
func (w *watch) Fatalf(format string, args ...any) {
	w.fail(fmt.Errorf(format, args...))
	select {}
}

func (w *watch) listener() pebble.EventListener {
	return pebble.EventListener{
		BackgroundError: func(err error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.background++
			w.last = err
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			w.fail(fmt.Errorf("%s is corrupt: %w", info.Path, info.Details))
		},
	}
}
