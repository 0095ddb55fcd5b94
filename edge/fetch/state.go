package fetch

import (
	"errors"
	"sync/atomic"

	"brink/origin"
	"brink/store"
)

// SiteState is what the fetches of a site share. Its methods may be called from any
// goroutine, after Init.
type SiteState struct {
	outage    outage
	refreshes slots
	failed    func(error)
}

// refreshShare is which part of an origin's connections the refreshes of a site
// may take: as nobody waits for them, misses come first.
const refreshShare = 4

// Refreshes returns how many refreshes may be under way for a site whose origin gets so many
// connections.
func Refreshes(connections int) int { return max(1, connections/refreshShare) }

// Init readies the state of a site that may have so many refreshes under way. failed is told
// of each failure that no request reports.
func (s *SiteState) Init(refreshes int, failed func(error)) {
	s.refreshes.limit = int32(refreshes)
	s.failed = failed
}

// Down reports whether the site's origin counts as down.
func (s *SiteState) Down(now store.Instant) bool { return s.outage.lasts(now) }

// BeginRefresh reports whether one more refresh may begin. EndRefresh ends it.
func (s *SiteState) BeginRefresh() bool { return s.refreshes.take() }

// EndRefresh says that a refresh has ended, or that it does not begin.
func (s *SiteState) EndRefresh() { s.refreshes.free() }

// slots limits how many of something are under way at a time.
type slots struct {
	taken atomic.Int32
	limit int32
}

// take reports whether there was a slot. It does not wait.
func (p *slots) take() bool {
	if p.taken.Add(1) <= p.limit {
		return true
	}
	p.free()
	return false
}

func (p *slots) free() { p.taken.Add(-1) }

// outageSpan is how long a site's origin counts as down after the last failed
// connection, unless an answer comes before.
const outageSpan = 10 * store.Second

// outage remembers that no connection to a site's origin could be made, so that
// not every client waits for the next attempt.
type outage struct{ until atomic.Int64 } // a store.Instant; 0: there is none

// observe notes how a fetch ended.
func (o *outage) observe(err error, now store.Instant) {
	switch {
	case err == nil && o.until.Load() != 0:
		o.until.Store(0)
	case err != nil && noConnection(err):
		o.until.Store(int64(now + outageSpan))
	}
}

func (o *outage) lasts(now store.Instant) bool { return int64(now) < o.until.Load() }

// noConnection reports whether no connection to the origin could be made.
func noConnection(err error) bool {
	var fault *origin.Error
	return errors.As(err, &fault) && fault.Kind.Unreachable() && !fault.Kind.Connected() && fault.Kind != origin.ConnectionLimit
}

// noteUnanswered notes that the origin gave no answer in time about the response
// that the fetch was to validate. The next clients that ask for it do not wait for it.
func (f *fetch) noteUnanswered(err error) {
	var fault *origin.Error
	if f.Validates == nil || !errors.As(err, &fault) || !fault.Kind.Unreachable() || fault.Kind.Status() != 504 {
		return
	}
	f.Store.Mark(markUnanswered, f.Validates.Key, f.Now()+outageSpan)
}
