package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

// reducedURL is a URL with a query in the form that the policy of its path gives
// it, and the memory for that.
type reducedURL struct {
	url    message.URL
	target []byte
}

// keyURL returns the URL for the key: u itself, or a copy of it in x. The copy's query is
// reduced to the parameters by which the path's responses vary. It begins with the policy,
// in bytes that no query has, so no other URL has this key. x.purgeKey is then the path's.
func (n *Node) keyURL(x *exchange, u *message.URL, k *semantics.KeyRules) *message.URL {
	x.search, x.purgeKey = nil, store.Key{}
	if !n.fetcher.Search.Any() || u.Query == nil || k.Query != semantics.QueryAll || k.Sort {
		return u
	}
	var path store.Key
	path, x.hashed = n.fetcher.PathKey(x.hashed, u)
	policy := n.fetcher.Search.Of(path)
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

// fullKey hashes the request's URL with all of its query.
func (n *Node) fullKey(x *exchange) store.Key {
	r := &x.Request
	return n.store.Hash(semantics.AppendKey(nil, &r.URL, &r.Fields, &x.rule.Semantics.Key))
}
