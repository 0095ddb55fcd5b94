package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
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
	maskDoubt      = store.Key{Hi: 0x9999999999999999, Lo: 0x9999999999999999}
	maskRefused    = store.Key{Hi: 0x7777777777777777, Lo: 0x7777777777777777}
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

// unstorable reports whether a response for v.key was not storable within the last two
// minutes: for all requests with this mark, or for those of this kind of client.
func (n *Node) unstorable(x *message.Exchange, v *visit) bool {
	mark := n.mark(x, v)
	return n.store.Marked(mark, x.Now) || n.store.Marked(masked(mark, n.kindOf(&x.Request)), x.Now)
}

// kindOf returns the mask of a request's kind of client, which is its User-Agent. Some
// origins give suspected robots another page, and mostly decide by the User-Agent.
func (n *Node) kindOf(r *message.Request) store.Key {
	return n.store.Hash(r.Fields.Get(wire.UserAgent))
}

// markSpan is how long a key is remembered as not storable, so that its requests do
// not wait for each other.
const markSpan = 120 * store.Second

// remember notes that the fetch's response was not storable, for this reason. A single
// request must not be able to end the collapsing of all requests for the URL. So the
// note counts only for the same kind of client at first. It counts for all once another
// kind, or the node itself, got such a response, too. It counts for all at once if the
// reason is about such requests: see ofRequest.
//
// INVARIANT: an error that the request may have provoked is never remembered. maxRefused
// bounds how often requests then wait in vain.
func (f *fetch) remember(reason message.Reason) {
	switch reason {
	case message.ReasonRequestNoStore, message.ReasonRequestStatus, message.ReasonBusy, message.ReasonBadRange:
		return
	}
	if f.ranged || f.provoked() {
		return
	}
	until := f.node.now() + markSpan
	if f.refreshes() || ofRequest(reason) {
		f.node.store.Mark(f.markKey, until)
		return
	}
	doubt := masked(f.markKey, maskDoubt)
	if !f.doubted && f.node.store.Marked(doubt, f.node.now()) && !f.node.store.Marked(f.kindKey, f.node.now()) {
		f.node.store.Mark(f.markKey, until)
	}
	f.node.store.Mark(doubt, until)
	f.node.store.Mark(f.kindKey, until)
}

// forget is the opposite of remember: the fetch's response is stored.
func (f *fetch) forget() {
	f.node.store.Unmark(f.markKey)
	f.node.store.Unmark(masked(f.markKey, maskDoubt))
	f.node.store.Unmark(f.kindKey)
}

// pauseKey is the key under which it is remembered that a refresh failed.
func pauseKey(key store.Key) store.Key { return masked(key, maskPause) }
