package edge

import (
	"maps"
	"sync"
	"sync/atomic"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// maxPolicies bounds how many paths have a policy of their own. A full table
// is dropped: its paths are colder until their responses come again.
const maxPolicies = 4096

// searchPolicies are the No-Vary-Search fields that paths have last answered
// with. The key of a response is only known once one has come, so the first
// URL of a path is stored under its full query.
type searchPolicies struct {
	current atomic.Pointer[map[store.Key]*semantics.SearchPolicy] // immutable; nil: no path has one
	mu      sync.Mutex                                            // makes changes take turns
}

// of returns the policy for a path's key, or nil.
func (s *searchPolicies) of(path store.Key) *semantics.SearchPolicy {
	if m := s.current.Load(); m != nil {
		return (*m)[path]
	}
	return nil
}

func (s *searchPolicies) empty() bool { return s.current.Load() == nil }

// learn remembers the policy of a path; nil forgets it.
func (s *searchPolicies) learn(path store.Key, p *semantics.SearchPolicy) {
	if p == nil && s.of(path) == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	next := make(map[store.Key]*semantics.SearchPolicy)
	if m := s.current.Load(); m != nil && len(*m) < maxPolicies {
		maps.Copy(next, *m)
	}
	next[path] = p
	if p == nil {
		delete(next, path)
	}
	s.current.Store(&next)
}

// pathKey hashes a URL without its query.
func (n *Node) pathKey(u *message.URL) store.Key {
	bare := *u
	bare.Query, bare.Target = nil, u.Path
	return n.store.Hash(semantics.AppendKey(nil, &bare, nil, &semantics.KeyRules{}))
}

// keyURL is the URL as the key sees it: u itself, or a copy whose query is
// reduced to what the path's responses vary by. The reduced form holds bytes
// that no query can, so it is nobody else's key.
func (n *Node) keyURL(u *message.URL, k *semantics.KeyRules) *message.URL {
	if n.search.empty() || u.Query == nil || k.Query != semantics.QueryAll || k.Sort {
		return u
	}
	policy := n.search.of(n.pathKey(u))
	if policy == nil {
		return u
	}
	reduced := *u
	reduced.Target = append(append([]byte(nil), u.Path...), '?')
	reduced.Target = policy.AppendQuery(reduced.Target, u.Query)
	reduced.Query = reduced.Target[len(u.Path)+1:]
	return &reduced
}

// learnSearch takes over what a response says of its path's queries.
func (n *Node) learnSearch(u *message.URL, f *wire.Fields) {
	if f.Has(wire.NoVarySearch) || !n.search.empty() {
		n.search.learn(n.pathKey(u), semantics.ParseSearchPolicy(f))
	}
}
