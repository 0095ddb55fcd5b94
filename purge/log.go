package purge

import (
	"sync"
	"sync/atomic"
)

// Seq numbers the purges of a log, from 1. Zero is "before any purge".
type Seq uint64

// URL names what a purge of one URL covers: the hash of the URL's key text,
// without variant, so that every variant of the URL has the same one. Two URLs
// with one hash are purged together, which is colder but never wrong.
type URL struct{ Hi, Lo uint64 }

// Tag is an opaque surrogate key from the origin's response.
type Tag string

// Verdict is what the log says of an object.
type Verdict uint8

const (
	Untouched Verdict = iota // no newer purge covers it
	Soft                     // stale since the purge: usable only as a stale response is
	Hard                     // gone: must not be used, not even to validate against
)

// DefaultLimit is how many rules a log holds before it raises its floor.
const DefaultLimit = 1 << 20

// Log holds the purges that are in force. All methods may be called from any
// goroutine.
type Log struct {
	latest atomic.Uint64
	limit  int
	keep   func(URL, Seq) // told of each purge; nil: nobody is

	mu struct {
		sync.RWMutex

		urls  map[URL]Seq
		floor Seq
	}
}

// NewLog returns an empty log that keeps at most limit rules; zero means
// DefaultLimit.
func NewLog(limit int) *Log {
	if limit <= 0 {
		limit = DefaultLimit
	}
	l := &Log{limit: limit}
	l.mu.urls = make(map[URL]Seq)
	return l
}

// Keep has keep, which must not wait, told of each purge of a URL from now on,
// in order. It is called before the log is shared.
func (l *Log) Keep(keep func(URL, Seq)) { l.keep = keep }

// Restore puts a purge in force again that an earlier process was told of.
func (l *Log) Restore(u URL, seq Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.putLocked(u, max(seq, l.mu.urls[u]))
	l.latest.Store(max(l.latest.Load(), uint64(seq)))
}

// putLocked notes a purge.
//
// INVARIANT: memory is bounded. A full table is dropped and the floor raised,
// so that everything older counts as soft-purged: colder, never wrong.
func (l *Log) putLocked(u URL, seq Seq) {
	if _, known := l.mu.urls[u]; !known && len(l.mu.urls) >= l.limit {
		for _, dropped := range l.mu.urls {
			l.mu.floor = max(l.mu.floor, dropped)
		}
		clear(l.mu.urls)
	}
	l.mu.urls[u] = seq
}

// Latest returns the newest sequence number in force. It is one atomic load:
// an object checked at this number need not be checked again until it moves.
func (l *Log) Latest() Seq { return Seq(l.latest.Load()) }

// PurgeURL puts a hard purge of u in force and returns its number. When it
// returns, every later Covers sees it.
func (l *Log) PurgeURL(u URL) Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	seq := Seq(l.latest.Load()) + 1
	l.putLocked(u, seq)
	l.latest.Store(uint64(seq))
	if l.keep != nil {
		l.keep(u, seq)
	}
	return seq
}

// Covers says what the purges newer than stamp mean for an object of u.
func (l *Log) Covers(u URL, stamp Seq) Verdict {
	l.mu.RLock()
	defer l.mu.RUnlock()
	switch {
	case l.mu.urls[u] > stamp:
		return Hard
	case l.mu.floor > stamp:
		return Soft
	}
	return Untouched
}
