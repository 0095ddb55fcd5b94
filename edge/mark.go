package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// The facts that the node remembers about a key for a while. There is one mark of each
// kind for each class of requests: see requests.kind.
const (
	markUnstorable store.MarkKind = iota * requestClasses // its response is not storable
	markDoubted                                           // one kind of client got a response that is not storable
	markUnread                                            // nobody read the body that was fetched for a HEAD
	markPaused                                            // a refresh failed
	markUnanswered                                        // the origin gave no answer in time
	markRefused                                           // the origin refused a refresh
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

// requests are what a mark is about: the requests of one class for one key.
type requests struct {
	class requestClass
	key   store.Key
}

// kind returns the kind of mark that these requests have for a fact.
func (r requests) kind(fact store.MarkKind) store.MarkKind { return fact + store.MarkKind(r.class) }

// requestsLike returns the requests that a response for x.key is marked for, of the same
// class as that of x.
func requestsLike(x *exchange) requests {
	r, rules := &x.Request, &x.rule.Semantics
	switch {
	case semantics.Credentialed(r, &rules.Key, x.selectors...):
		return requests{classAuthorized, x.key}
	case semantics.Known(r, rules, x.selectors...):
		return requests{classKnown, x.key}
	case semantics.Unkeyed(r, &rules.Key, x.selectors...):
		return requests{classUnkeyed, x.key}
	}
	return requests{classPlain, x.key}
}

// fromClientsLike narrows requests to those of one kind of client, which is the
// User-Agent of r. Some origins give suspected robots another page, and mostly decide by
// the User-Agent.
func (n *Node) fromClientsLike(q requests, r *message.Request) requests {
	client := n.store.Hash(r.Fields.Get(wire.UserAgent))
	q.key.Hi ^= client.Hi
	q.key.Lo ^= client.Lo
	return q
}

func (n *Node) mark(q requests, fact store.MarkKind, until store.Instant) {
	n.store.Mark(q.kind(fact), q.key, until)
}

func (n *Node) marked(q requests, fact store.MarkKind, now store.Instant) bool {
	return n.store.Marked(q.kind(fact), q.key, now)
}

func (n *Node) unmark(q requests, fact store.MarkKind) {
	n.store.Unmark(q.kind(fact), q.key)
}

// unstorable reports whether a response for x.key was not storable within the last two
// minutes: for all requests of this class, or for those of this kind of client.
func (n *Node) unstorable(x *exchange) bool {
	q := requestsLike(x)
	return n.marked(q, markUnstorable, x.Now) || n.marked(n.fromClientsLike(q, &x.Request), markUnstorable, x.Now)
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
	n, now := f.node, f.node.now()
	until := now + markSpan
	if f.refreshes() || ofRequest(reason) {
		n.mark(f.alike, markUnstorable, until)
		return
	}
	if !f.doubted && n.marked(f.alike, markDoubted, now) && !n.marked(f.sameAgent, markUnstorable, now) {
		n.mark(f.alike, markUnstorable, until)
	}
	n.mark(f.alike, markDoubted, until)
	n.mark(f.sameAgent, markUnstorable, until)
}

// forget is the opposite of remember: the fetch's response is stored.
func (f *fetch) forget() {
	f.node.unmark(f.alike, markUnstorable)
	f.node.unmark(f.alike, markDoubted)
	f.node.unmark(f.sameAgent, markUnstorable)
}
