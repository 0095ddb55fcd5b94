package store

import (
	"errors"

	"brink/purge"
)

// Disk is the tier below RAM. Its methods may be called from any goroutine.
type Disk interface {
	// Load returns the object of a key and text. It returns nil if there is none, or if
	// the disk is too slow. It waits.
	Load(k Key, text string, most int64) *Object

	// Stream begins to take the body of o while it arrives. n is its length, or a lower
	// bound if that is not known. It returns nil if the tier does not take the body.
	Stream(o *Object, n int64) Stream

	// Largest returns the most bytes that a body may have.
	Largest() int64

	// Read returns run i of the body at o's Location, in buf if that is large enough.
	// After an error buf must not be used again. The error is ErrNotNow if the body may
	// still be there.
	Read(o *Object, i int, buf []byte, wait DiskWait) ([]byte, error)

	// Save queues o to be written in place of what the tier has for its key. From now
	// on Load does not find the older object. Save does not wait.
	Save(o *Object)

	// Oldest returns a lower bound of the stamps of all but a few objects in the tier.
	Oldest() purge.Seq

	// Delete deletes what the tier has for a key. Load does not find it from now on.
	// Delete does not wait.
	Delete(k Key)
}

// DiskWait is how long a read waits for the disk.
type DiskWait uint8

const (
	ShortWait DiskWait = iota // a slow disk is a miss
	LongWait                  // the reply has begun: giving up would break it off
)

// ErrNotNow is wrapped by errors of a tier that is out of service or too slow.
var ErrNotNow = errors.New("the tier below cannot be asked now")

// Location is where the tier below RAM keeps a body: one number for each run of RunSize
// bytes. Only that tier understands the numbers. A Location is never changed.
type Location struct{ Runs []uint64 }

// Location returns where the body is in the tier below RAM, or nil if that is not
// known. The body may have been dropped there meanwhile.
func (o *Object) Location() *Location { return o.location.Load() }

// SetLocation sets the location. Only the tier below RAM calls it, and who copies an
// object that shares the body.
func (o *Object) SetLocation(p *Location) { o.location.Store(p) }

// load is a read from the tier below RAM that all requests for a key share.
type load struct {
	text      string
	overtaken bool          // the key was stored or deleted meanwhile. Guarded by the shard's lock
	done      chan struct{} // closed when object is known
	object    *Object
}

// HasDisk reports whether there is a tier below RAM.
func (s *Store) HasDisk() bool { return s.disk != nil }

// Load reads from the tier below RAM what Get did not find, and promotes it. It waits.
// All requests for a key share one read. It does not return what a hard purge covers.
// If RAM would not admit the whole object, its body stays on disk.
func (s *Store) Load(k Key, text []byte) (*Object, purge.Verdict) {
	if s.disk == nil || s.closed.Load() {
		return nil, purge.Untouched
	}
	o := s.loadShared(k, string(text))
	if o == nil {
		return nil, purge.Untouched
	}
	v := s.Verdict(o)
	if v == purge.Hard {
		s.deleteLater(o)
		return nil, v
	}
	return o, v
}

func (s *Store) loadShared(k Key, text string) *Object {
	sh := s.shard(k)
	sh.mu.Lock()
	if l := sh.mu.loads[k]; l != nil && l.text == text {
		sh.mu.Unlock()
		<-l.done
		return l.object
	}
	l := &load{text: text, done: make(chan struct{})}
	sh.mu.loads[k] = l
	sh.mu.Unlock()
	o := s.disk.Load(k, text, s.maxLoad())
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if o != nil {
		l.object = s.promoteLocked(sh, o, l.overtaken)
	}
	if sh.mu.loads[k] == l {
		delete(sh.mu.loads, k)
	}
	close(l.done)
	return l.object
}

// overtakeLocked marks a load of a key as out of date, so that its object is not
// promoted.
func (sh *shard) overtakeLocked(k Key) {
	if l := sh.mu.loads[k]; l != nil {
		l.overtaken = true
	}
}

// maxLoad is the longest body, in bytes, that is promoted.
func (s *Store) maxLoad() int64 { return s.maxCost / 2 }

// promoteLocked stores an object from the tier below in RAM and returns it. If RAM has
// another object for the key by now, that one is newer, and is returned.
func (s *Store) promoteLocked(sh *shard, o *Object, overtaken bool) *Object {
	if sl := s.slotLocked(sh, o.Key.Hi); sl != nil {
		if now := sl.object.Load(); now != nil && now.Key == o.Key && now.Text == o.Text {
			return now
		}
	}
	if overtaken {
		return nil
	}
	o.demoted.Store(true)
	s.counts.promoted.Add(1)
	s.publishLocked(sh, o, 0)
	return o
}

// demoteLocked tells the tier below that o is stored in place of before. The tier
// writes o if it admits it, and in any case no longer finds an older object.
func (s *Store) demoteLocked(sh *shard, before, o *Object) {
	if s.disk == nil {
		return
	}
	sh.overtakeLocked(o.Key)
	if s.admits(before, o) {
		o.demoted.Store(true)
		s.disk.Save(o)
		return
	}
	s.disk.Delete(o.Key)
}
