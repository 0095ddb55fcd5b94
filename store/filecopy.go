package store

import (
	"os"
	"sync/atomic"
)

// fileCopy is a copy of a body for sendfile: a file in memory, without a name. The kernel
// sends from it to a plain socket and copies no bytes, as it would have to from the
// object's own memory. The file is sealed: nobody can change
// it. Several objects may share a file copy if they share the body.
//
// INVARIANT: the file holds the same bytes as Body of each object that has it.
type fileCopy struct {
	file atomic.Pointer[os.File] // nil: it was evicted
	used atomic.Bool             // since the clock's hand passed
}

// copyMin is the least content, in bytes, for which sending from a file is
// worth another system call.
const copyMin = 64 << 10

const (
	// copyHits is how often an object's body has been sent when it is first
	// thought worth a file copy. It is thought of again each copyRetry times.
	copyHits  = 4
	copyRetry = 64
)

// File returns a file with the bytes of o.Body, from which the kernel can send n bytes.
// It returns nil if there is none, or if n is too small. Each call makes a file for o
// more likely.
//
// The file must not be closed. It is closed when nobody refers to it any more, so a
// caller that passes its descriptor to a system call must keep the file alive until the
// call returns. The file never changes, whatever happens to o. File allocates nothing
// and takes no lock.
func (s *Store) File(o *Object, n int64) *os.File {
	if n < copyMin {
		return nil
	}
	return s.fileCopies.file(o)
}

func (p *fileCopies) file(o *Object) *os.File {
	if fc := o.fileCopy.Load(); fc != nil {
		if f := fc.file.Load(); f != nil {
			// Written only once a turn: many processors read it.
			if !fc.used.Load() {
				fc.used.Store(true)
			}
			return f
		}
	}
	if n := o.hits.Add(1); n == copyHits || n%copyRetry == 0 {
		select {
		case p.queue <- o:
		default:
		}
	}
	return nil
}

// hasFileCopy reports whether o has a file copy that was not evicted.
func (o *Object) hasFileCopy() bool {
	fc := o.fileCopy.Load()
	return fc != nil && fc.file.Load() != nil
}

// complete reports whether all of the body is there. In an object that still arrives it
// is not.
func (o *Object) complete() bool {
	var n int64
	for _, run := range o.Body {
		n += int64(len(run))
	}
	return n == o.Length
}

// inheritFileCopy gives o the file copy of the object that it replaces, if both have
// the very same body: a 304 renewed it.
func (o *Object) inheritFileCopy(old *Object) {
	if old != nil && old.Variants != nil {
		old = old.Variants.Plain
	}
	if old == nil || old == o || !sameMemory(o.Body, old.Body) {
		return
	}
	if fc := old.fileCopy.Load(); fc != nil {
		o.fileCopy.CompareAndSwap(nil, fc)
	}
}

func sameMemory(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) == 0 || len(a[i]) != len(b[i]) || &a[i][0] != &b[i][0] {
			return false
		}
	}
	return true
}
