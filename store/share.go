package store

import (
	"sync"
	"sync/atomic"

	"brink/purge"
)

// share is what the bodies of one site have reserved of the flight budget.
type share struct{ held atomic.Int64 }

// shares sees to it that the bodies of one site leave room to those of others. There
// is nothing to set: a site may hold as much as is free (dynamic threshold: Choudhury
// and Hahne, 1998). One site that takes all that it may leaves half of the budget, two
// leave a third. A site that comes later always finds something, and so gets more when
// others end.
//
// Two have all that is free: the only site of a node, and the only body of a site, so
// that no body is too long for its share.
type shares struct {
	several atomic.Bool // the node has more than one site: see Store.Sites
	refused atomic.Int64

	mu sync.Mutex

	sites map[purge.ID]*share
}

// of returns the share of a site.
func (s *shares) of(site purge.ID) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	sh := s.sites[site]
	if sh == nil {
		if s.sites == nil {
			s.sites = make(map[purge.ID]*share)
		}
		sh = new(share)
		s.sites[site] = sh
	}
	return sh
}

// Sites says how many sites the node has, whether or not anybody has asked for theirs
// yet. Until it is called, the store takes it that there is one.
func (s *Store) Sites(n int) { s.flight.shares.several.Store(n > 1) }

// take reserves n bytes for a body that has own bytes already, or none: the error is
// ErrBusy or ErrCrowded.
func (b *flight) take(sh *share, own, n int64) error {
	held := sh.held.Load()
	if b.shares.several.Load() && held > own && held+n > b.limit-b.used.Load()-n {
		b.shares.refused.Add(1)
		return ErrCrowded
	}
	if !b.reserve(n) {
		return ErrBusy
	}
	sh.held.Add(n)
	return nil
}

// give gives n bytes of a body back.
func (b *flight) give(sh *share, n int64) {
	b.hand(sh, n)
	b.release(n)
}

// hand takes n bytes out of a share that stay reserved: the object has them now.
func (b *flight) hand(sh *share, n int64) {
	if sh != nil {
		sh.held.Add(-n)
	}
}

// takeLocked reserves n bytes more for the body of f.
func (f *Fill) takeLocked(n int64) bool {
	if f.store.flight.take(f.share, f.mu.held, n) != nil {
		return false
	}
	f.mu.held += n
	return true
}

// giveLocked gives back n bytes that were reserved for f.
func (f *Fill) giveLocked(n int64) {
	f.mu.held -= n
	f.store.flight.give(f.share, n)
}
