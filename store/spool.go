package store

import (
	"os"
	"sync/atomic"
)

// spool is a copy of a body in a file that lies in memory and has no name. The
// kernel sends from it to a plain socket without copying the bytes, as it would
// have to from the object's own memory. The file is sealed: nobody can change
// it. Several objects may share a spool if they share the body.
//
// INVARIANT: the file holds the same bytes as Body of each object that has it.
type spool struct {
	file atomic.Pointer[os.File] // nil: it had to make room
	used atomic.Bool             // since the clock's hand passed
}

// spoolMin is the least content, in bytes, for which sending from a file is
// worth another system call.
const spoolMin = 64 << 10

const (
	// spoolHits is how often an object's body has been sent when it is first
	// thought worth a spool. It is thought of again each spoolRetry times.
	spoolHits  = 4
	spoolRetry = 64
)

// File returns a file that holds what o.Body does, for the kernel to send n
// bytes from; nil if there is none, or n is too little. Asking for it makes one
// more likely. The file must not be closed: it goes away by itself once nobody
// refers to it, so whoever hands its descriptor to a system call keeps the file
// alive until that has returned. It stays as it is, whatever becomes of o.
//
// File allocates nothing and takes no lock.
func (s *Store) File(o *Object, n int64) *os.File {
	if n < spoolMin {
		return nil
	}
	return s.spools.file(o)
}

func (p *spools) file(o *Object) *os.File {
	if sp := o.spool.Load(); sp != nil {
		if f := sp.file.Load(); f != nil {
			// Written only once a turn: many processors read it.
			if !sp.used.Load() {
				sp.used.Store(true)
			}
			return f
		}
	}
	if n := o.hits.Add(1); n == spoolHits || n%spoolRetry == 0 {
		select {
		case p.queue <- o:
		default:
		}
	}
	return nil
}

// spooled reports whether o has a spool that is not given up.
func (o *Object) spooled() bool {
	sp := o.spool.Load()
	return sp != nil && sp.file.Load() != nil
}

// complete reports whether all of the body is there, which it is not in an
// object that is still arriving.
func (o *Object) complete() bool {
	var n int64
	for _, run := range o.Body {
		n += int64(len(run))
	}
	return n == o.Length
}

// inheritSpool gives o the spool of what it takes the place of, if that has the
// very same body: a 304 renewed it.
func (o *Object) inheritSpool(old *Object) {
	if old != nil && old.Variants != nil {
		old = old.Variants.Plain
	}
	if old == nil || old == o || !sameMemory(o.Body, old.Body) {
		return
	}
	if sp := old.spool.Load(); sp != nil {
		o.spool.CompareAndSwap(nil, sp)
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
