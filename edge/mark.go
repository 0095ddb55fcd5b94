package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// The store remembers some facts about a response for a while under keys made of
// the response's own. Each use has a mask, which is XORed with the key, so that
// no two uses meet.
var (
	maskAuthorized = store.Key{Lo: ^uint64(0)}
	maskKnown      = store.Key{Hi: ^uint64(0)}
	maskPause      = store.Key{Hi: ^uint64(0), Lo: ^uint64(0)}
	maskUnanswered = store.Key{Hi: 0x3333333333333333, Lo: 0x3333333333333333}
	maskUnkeyed    = store.Key{Hi: 0x5555555555555555, Lo: 0x5555555555555555}
)

func masked(key, mask store.Key) store.Key {
	return store.Key{Hi: key.Hi ^ mask.Hi, Lo: key.Lo ^ mask.Lo}
}

// mark is the key under which v.key is remembered as not storable. What is decided
// about requests with credentials, of known clients, and with unknown fields, is
// decided by other rules, and so has keys of its own.
func (n *Node) mark(x *message.Exchange, v *visit) store.Key {
	r, rules := &x.Request, &v.rule.semantics
	switch {
	case r.Fields.Has(wire.Authorization):
		return masked(v.key, maskAuthorized)
	case semantics.Known(r, rules):
		return masked(v.key, maskKnown)
	case semantics.Unkeyed(r, &rules.Key, v.selectors...):
		return masked(v.key, maskUnkeyed)
	}
	return v.key
}

// pauseKey is the key under which it is remembered that a refresh failed.
func pauseKey(key store.Key) store.Key { return masked(key, maskPause) }
