package store

import (
	"sync"
	"sync/atomic"

	"brink/purge"
)

// share counts the bytes of the flight budget that the bodies of one site have reserved.
type share struct{ held atomic.Int64 }

// shares keeps the bodies of one site from using up the flight budget. It has no
// setting: a site may hold as many bytes as are still free (dynamic threshold:
// Choudhury and Hahne, 1998). One site that takes all that it may leaves half of the
// budget free, two leave a third. So a site that comes later always finds some memory,
// and gets more when bodies of others end.
//
// There is no such limit if the node has only one site, or a site only one body. So no
// body is too long for the share of its site.
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

// Sites sets how many sites the node has, with and without requests. Until it is
// called, the store assumes one.
func (s *Store) Sites(n int) { s.flight.shares.several.Store(n > 1) }

// reserveFor reserves n bytes for a body that has reserved own bytes already. The error is
// ErrBusy or ErrCrowded; then it reserves none.
func (b *flight) reserveFor(sh *share, own, n int64) error {
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

// releaseFor gives back n bytes of a body.
func (b *flight) releaseFor(sh *share, n int64) {
	b.disown(sh, n)
	b.release(n)
}

// disown removes n bytes from a share. They stay reserved: the object owns them now.
func (b *flight) disown(sh *share, n int64) {
	if sh != nil {
		sh.held.Add(-n)
	}
}

// reserveLocked reserves n bytes more for the body of f.
func (f *Fill) reserveLocked(n int64) bool {
	if f.store.flight.reserveFor(f.share, f.mu.held, n) != nil {
		return false
	}
	f.mu.held += n
	return true
}

// releaseLocked gives back n bytes that were reserved for f.
func (f *Fill) releaseLocked(n int64) {
	f.mu.held -= n
	f.store.flight.releaseFor(f.share, n)
}
