package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

// reducedURL is a URL whose query was reduced by the search policy of its path, and the memory
// for its target.
type reducedURL struct {
	url    message.URL
	target []byte
}

// keyURL returns the URL for the key. That is u itself, unless its path has a search policy.
// Then it is a copy in x, whose query has only the parameters by which the path's responses
// vary. The query begins with the ID of the policy, in bytes that no query of a client has, so
// that no other URL gets this key. x.purgeKey is then the key of the path.
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

// fullKey returns the key of the request's URL with its whole query.
func (n *Node) fullKey(x *exchange) store.Key {
	r := &x.Request
	return n.store.Hash(semantics.AppendKey(nil, &r.URL, &r.Fields, &x.rule.Semantics.Key))
}
