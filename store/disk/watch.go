package disk

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// maxBackground is how many flushes and compactions may fail in a row.
const maxBackground = 10

// watch hears what pebble has to say of a database. Its defaults for what goes
// badly wrong end the process; here the tier goes on without the database.
type watch struct {
	failed chan struct{} // closed at the first failure that the database does not survive

	mu sync.Mutex

	err        error // of that failure
	background int   // flushes and compactions that failed since the last that did not
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

// Fatalf never returns: what pebble does after it takes that for granted. It
// ends the goroutine, so that the locks it holds are let go where pebble has
// deferred that; of others, whoever calls the database later waits for ever.
func (w *watch) Fatalf(format string, args ...any) {
	w.fail(fmt.Errorf(format, args...))
	runtime.Goexit()
}

// listener hears of a database. Of one whose records prove themselves a file
// that makes no sense is only as many misses; another is lost with it.
func (w *watch) listener(proven bool) pebble.EventListener {
	l := pebble.EventListener{
		BackgroundError: w.backgroundFailed,
		FlushEnd:        func(i pebble.FlushInfo) { w.backgroundDone(i.Err) },
		CompactionEnd:   func(i pebble.CompactionInfo) { w.backgroundDone(i.Err) },
		DataCorruption: func(i pebble.DataCorruptionInfo) {
			w.fail(fmt.Errorf("%s is corrupt: %w", i.Path, i.Details))
		},
	}
	if proven {
		l.DataCorruption = func(pebble.DataCorruptionInfo) {}
	}
	return l
}

// backgroundFailed counts what pebble tries again. On a full disk it may go on
// trying.
func (w *watch) backgroundFailed(err error) {
	if vfs.IsNoSpaceError(err) {
		return
	}
	w.mu.Lock()
	w.background++
	tooMany := w.background >= maxBackground
	w.mu.Unlock()
	if tooMany {
		w.fail(fmt.Errorf("flushes and compactions fail: %w", err))
	}
}

func (w *watch) backgroundDone(err error) {
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.background = 0
}
