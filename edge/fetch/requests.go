package fetch

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// requestClass divides requests by the rules that decide whether their responses are
// stored. A response that is not storable says nothing about those of another class.
type requestClass uint8

const (
	classPlain      requestClass = iota
	classAuthorized              // with credentials
	classKnown                   // of a client that the origin could know
	classUnkeyed                 // with unknown fields
	requestClasses  = iota
)

// Requests are the requests of one class for one key, or those of them that have the same
// User-Agent.
type Requests struct {
	class requestClass
	key   store.Key
}

// RequestsLike returns the requests for key of the same class as r. selectors are the
// fields by which the URL's responses vary.
func RequestsLike(r *message.Request, rules *semantics.Rules, key store.Key, selectors []store.Selector) Requests {
	switch {
	case semantics.Credentialed(r, &rules.Key, selectors...):
		return Requests{classAuthorized, key}
	case semantics.IdentifiesUser(r, rules, selectors...):
		return Requests{classKnown, key}
	case semantics.Unkeyed(r, &rules.Key, selectors...):
		return Requests{classUnkeyed, key}
	}
	return Requests{classPlain, key}
}

// OfAgent narrows the requests to those with the User-Agent of which this is the key. Some
// origins give suspected robots another page, and mostly decide by the User-Agent.
func (q Requests) OfAgent(agent store.Key) Requests {
	q.key.Hi ^= agent.Hi
	q.key.Lo ^= agent.Lo
	return q
}

// AgentKey hashes the User-Agent of a request.
func (s *Fetcher) AgentKey(r *message.Request) store.Key {
	return s.Store.Hash(r.Fields.Get(wire.UserAgent))
}

// kind returns the kind of mark that these requests have for a fact.
func (q Requests) kind(fact store.MarkKind) store.MarkKind { return fact + store.MarkKind(q.class) }
