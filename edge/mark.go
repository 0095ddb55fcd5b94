package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// What is remembered of a response's key for a while stands under that key, or under
// it turned round: the low half, the high half or both. Each has one meaning.

// mark is the key under which v.key is remembered as not storable. Requests with
// Authorization, and others of known clients, have their own, as other rules decide
// about them.
func (n *Node) mark(x *message.Exchange, v *visit) store.Key {
	key := v.key
	switch {
	case x.Request.Fields.Has(wire.Authorization):
		key.Lo = ^key.Lo
	case semantics.Known(&x.Request, &v.rule.semantics):
		key.Hi = ^key.Hi
	}
	return key
}

// pauseKey is the key under which it is remembered that a refresh failed.
func pauseKey(key store.Key) store.Key { return store.Key{Hi: ^key.Hi, Lo: ^key.Lo} }
