package fetch

import (
	"sync/atomic"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// maxPolicies is how many paths can have a policy at a time. Paths that collide replace each
// other's policy; only the hit ratio suffers.
const maxPolicies = 4096

// SearchPolicies are the No-Vary-Search fields that paths have last answered
// with. The key of a response is only known once one has come, so the first
// URL of a path is stored under its full query.
type SearchPolicies struct {
	any   atomic.Bool // there has been one since the start
	kept  bool        // responses that were stored by one before the start may be there
	table [maxPolicies]atomic.Pointer[searchPolicy]
}

type searchPolicy struct {
	path   store.Key
	policy *semantics.SearchPolicy
}

// Any reports whether there has been a policy since the start.
func (s *SearchPolicies) Any() bool { return s.any.Load() }

// Kept reports whether responses may be stored whose key has a reduced query.
func (s *SearchPolicies) Kept() bool { return s.kept || s.any.Load() }

func (s *SearchPolicies) entry(path store.Key) *atomic.Pointer[searchPolicy] {
	return &s.table[path.Lo%maxPolicies]
}

// Of returns the policy for a path's key, or nil.
func (s *SearchPolicies) Of(path store.Key) *semantics.SearchPolicy {
	if p := s.entry(path).Load(); p != nil && p.path == path {
		return p.policy
	}
	return nil
}

// learn remembers the policy of a path; nil deletes it.
func (s *SearchPolicies) learn(path store.Key, policy *semantics.SearchPolicy) {
	entry := s.entry(path)
	if policy == nil {
		if old := entry.Load(); old != nil && old.path == path {
			entry.CompareAndSwap(old, nil)
		}
		return
	}
	entry.Store(&searchPolicy{path, policy})
	s.any.Store(true)
}

// PathKey hashes a URL without its query. The result differs from the key of the
// URL that has no query. Purges use it for responses that several queries share.
// scratch is grown and returned.
func (s *Fetcher) PathKey(scratch []byte, u *message.URL) (store.Key, []byte) {
	bare := *u
	bare.Query, bare.Target = nil, u.Path
	scratch = semantics.AppendKey(scratch[:0], &bare, nil, &semantics.KeyRules{})
	scratch = append(scratch, '?') // in a key text no "?" follows the target
	return s.Store.Hash(scratch), scratch[:0]
}

// learnSearch remembers what a response says of its path's queries. It reports
// false if the fetch's key was made by another policy: then the response does not
// stand for all queries of the key.
func (f *fetch) learnSearch(fields *wire.Fields) bool {
	policies := &f.Fetcher.Search
	if !fields.Has(wire.NoVarySearch) && !policies.any.Load() {
		return true
	}
	path, _ := f.PathKey(nil, &f.Request.URL)
	policy := semantics.ParseSearchPolicy(fields)
	policies.learn(path, policy)
	return f.Spec.Search == nil || f.Spec.Search.Equal(policy)
}
