package edge

import (
	"sync/atomic"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// maxPolicies is how many paths can have a policy at a time: two that meet in
// one place take it from each other, and are colder for it.
const maxPolicies = 4096

// searchPolicies are the No-Vary-Search fields that paths have last answered
// with. The key of a response is only known once one has come, so the first
// URL of a path is stored under its full query.
type searchPolicies struct {
	any    atomic.Bool // there has been one since the start
	kept   bool        // responses that were stored by one before may be there
	places [maxPolicies]atomic.Pointer[searchPolicy]
}

type searchPolicy struct {
	path   store.Key
	policy *semantics.SearchPolicy
}

func (s *searchPolicies) place(path store.Key) *atomic.Pointer[searchPolicy] {
	return &s.places[path.Lo%maxPolicies]
}

// of returns the policy for a path's key, or nil.
func (s *searchPolicies) of(path store.Key) *semantics.SearchPolicy {
	if p := s.place(path).Load(); p != nil && p.path == path {
		return p.policy
	}
	return nil
}

// learn remembers the policy of a path; nil forgets it.
func (s *searchPolicies) learn(path store.Key, policy *semantics.SearchPolicy) {
	place := s.place(path)
	if policy == nil {
		if old := place.Load(); old != nil && old.path == path {
			place.CompareAndSwap(old, nil)
		}
		return
	}
	place.Store(&searchPolicy{path, policy})
	s.any.Store(true)
}

// reducedURL is a URL with a query in the form that the policy of its path gives
// it, and the memory for that.
type reducedURL struct {
	url    message.URL
	target []byte
}

// pathKey hashes a URL without its query. The result differs from the key of the
// URL that has no query. Purges use it for responses that several queries share.
// scratch is grown and returned.
func (n *Node) pathKey(scratch []byte, u *message.URL) (store.Key, []byte) {
	bare := *u
	bare.Query, bare.Target = nil, u.Path
	scratch = semantics.AppendKey(scratch[:0], &bare, nil, &semantics.KeyRules{})
	scratch = append(scratch, '?') // in a key text no "?" follows the target
	return n.store.Hash(scratch), scratch[:0]
}

// keyURL returns the URL for the key: u itself, or a copy, held by x, whose query
// is reduced to the parameters by which the path's responses vary. The reduced
// form begins with the policy, in bytes that no query has, so no other URL has
// this key. x.purgeKey is then the path's.
func (n *Node) keyURL(x *exchange, u *message.URL, k *semantics.KeyRules) *message.URL {
	x.search, x.purgeKey = nil, store.Key{}
	if !n.search.any.Load() || u.Query == nil || k.Query != semantics.QueryAll || k.Sort {
		return u
	}
	var path store.Key
	path, x.hashed = n.pathKey(x.hashed, u)
	policy := n.search.of(path)
	if policy == nil {
		return u
	}
	x.purgeKey, x.search = path, policy
	s := &x.reduced
	s.target = append(append(s.target[:0], u.Path...), '?')
	s.target = policy.AppendID(s.target)
	s.target = policy.AppendQuery(s.target, u.Query)
	s.url = *u
	s.url.Target, s.url.Query = s.target, s.target[len(u.Path)+1:]
	return &s.url
}

// learnSearch takes over what a response says of its path's queries. It reports
// false if the fetch's key was made by another policy: then the response does not
// stand for all queries of the key.
func (f *fetch) learnSearch(fields *wire.Fields) bool {
	search := &f.node.search
	if !fields.Has(wire.NoVarySearch) && !search.any.Load() {
		return true
	}
	path, _ := f.node.pathKey(nil, &f.request.URL)
	policy := semantics.ParseSearchPolicy(fields)
	search.learn(path, policy)
	return f.search == nil || f.search.Equal(policy)
}

// fullKey hashes the request's URL with all of its query.
func (n *Node) fullKey(x *exchange) store.Key {
	r := &x.Request
	return n.store.Hash(semantics.AppendKey(nil, &r.URL, &r.Fields, &x.rule.Semantics.Key))
}

// forgetFull has nothing stored any more for the full query, where a newer response
// is stored for the reduced one: it would come back when the policy ends.
func (f *fetch) forgetFull() {
	if f.search != nil {
		f.node.store.Delete(f.full)
	}
}
