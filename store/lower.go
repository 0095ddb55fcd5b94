package store

import (
	"errors"

	"brink/purge"
)

// Disk is the tier below RAM. Its methods may be called from any goroutine.
type Disk interface {
	// Load returns the object of a key and text, nil if there is none, or none
	// that can be had in time. It waits.
	Load(k Key, text string, most int64) *Object

	// Stream takes the body of o, n bytes, or more if that is not known, while it
	// arrives; nil if it will not.
	Stream(o *Object, n int64) Stream

	// Largest returns how many bytes a body may have.
	Largest() int64

	// Read returns run i of a body that is where o's Location says, in buf if that is
	// large enough. After an error buf must not be used again. The error is ErrNotNow
	// if the body may be there all the same.
	Read(o *Object, i int, buf []byte, wait DiskWait) ([]byte, error)

	// Save has o written some time, in place of what is there for its key, which
	// is not found any more. It does not wait.
	Save(o *Object)

	// Oldest returns a number that all but few objects there are stamped with, or
	// a newer one.
	Oldest() purge.Seq

	// Delete has what is there for a key forgotten. It is not found any more.
	// It does not wait.
	Delete(k Key)
}

// DiskWait is how long a read waits for the disk.
type DiskWait uint8

const (
	ShortWait DiskWait = iota // a slow disk is a miss
	LongWait                  // the reply has begun: giving up would break it off
)

// ErrNotNow is wrapped by the errors of a tier that cannot be asked, or answers too
// late.
var ErrNotNow = errors.New("the tier below cannot be asked now")

// Location is where the tier below RAM keeps a body: one number a run of RunSize
// bytes, which mean something to that tier only. It never changes.
type Location struct{ Runs []uint64 }

// Location returns where the body is in the tier below RAM, nil if it is not known
// to be there. It may have gone from there meanwhile.
func (o *Object) Location() *Location { return o.location.Load() }

// SetLocation is for the tier below RAM.
func (o *Object) SetLocation(p *Location) { o.location.Store(p) }

// load is a look into the tier below RAM that all who miss a key share.
type load struct {
	text      string
	overtaken bool          // something else was stored for the key meanwhile, or dropped. Guarded by the shard's lock
	done      chan struct{} // closed when object is known
	object    *Object
}

// HasDisk reports whether there is a tier below RAM.
func (s *Store) HasDisk() bool { return s.disk != nil }

// Load looks in the tier below RAM for what Get did not find, and brings it up.
// It waits; all who ask for a key meanwhile share one look. What a hard purge
// covers is not returned. The object's body stays on disk if RAM would not take it whole.
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

// overtakeLocked has a load that is under way for a key bring nothing up: what
// it reads is out of date.
func (sh *shard) overtakeLocked(k Key) {
	if l := sh.mu.loads[k]; l != nil {
		l.overtaken = true
	}
}

// maxLoad is the longest body that is brought up: RAM takes it.
func (s *Store) maxLoad() int64 { return s.maxCost / 2 }

// promoteLocked stores in RAM an object that came from below, and returns it, or what
// RAM holds by now: that is newer.
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
