package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

// The store remembers some facts about a response for a while. Each kind of fact
// has a mask: it is stored under the response's key XOR the mask, so that two
// kinds never share a key.
var (
	maskAuthorized = store.Key{Lo: ^uint64(0)}
	maskKnown      = store.Key{Hi: ^uint64(0)}
	maskPause      = store.Key{Hi: ^uint64(0), Lo: ^uint64(0)}
	maskUnanswered = store.Key{Hi: 0x3333333333333333, Lo: 0x3333333333333333}
	maskUnread     = store.Key{Hi: 0x6666666666666666, Lo: 0x6666666666666666}
	maskUnkeyed    = store.Key{Hi: 0x5555555555555555, Lo: 0x5555555555555555}
)

func masked(key, mask store.Key) store.Key {
	return store.Key{Hi: key.Hi ^ mask.Hi, Lo: key.Lo ^ mask.Lo}
}

// mark returns the key under which v.key is remembered as not storable. Requests
// with credentials, of known clients, and with unknown fields have a key each, as
// other rules decide whether their responses are stored.
func (n *Node) mark(x *message.Exchange, v *visit) store.Key {
	r, rules := &x.Request, &v.rule.semantics
	switch {
	case semantics.Credentialed(r, &rules.Key, v.selectors...):
		return masked(v.key, maskAuthorized)
	case semantics.Known(r, rules, v.selectors...):
		return masked(v.key, maskKnown)
	case semantics.Unkeyed(r, &rules.Key, v.selectors...):
		return masked(v.key, maskUnkeyed)
	}
	return v.key
}

// pauseKey is the key under which it is remembered that a refresh failed.
func pauseKey(key store.Key) store.Key { return masked(key, maskPause) }
