package edge

import (
	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// miss decides how a request is answered that the tiers cannot answer: by one fetch that
// all who ask meanwhile share, where the response may turn out to be shareable, and by a
// fetch of its own otherwise.
func (n *Node) miss(x *exchange) step {
	x.status.Reason = x.decision.Reason
	switch {
	case x.directives.Has(semantics.OnlyIfCached):
		n.refuse(x, 504, message.ReasonOnlyIfCached)
		return stepDone
	case x.authPin() != nil:
		return x.passFor(message.ReasonConnectionAuth)
	case semantics.SignedAway(&x.Request, &x.rule.Semantics, x.found != nil):
		return x.passFor(message.ReasonAuthorization)
	case x.Request.Method == message.HEAD && (x.rule.HeadAsHead || n.fetcher.Unread(x.like(), x.Now)):
		return stepPass
	case n.fetchesAlone(x):
		return stepFetch
	}
	return stepJoin
}

// fetchesAlone reports whether this request would wait for another one's response in vain, or
// others for that of this one.
func (n *Node) fetchesAlone(x *exchange) bool {
	r := &x.Request
	switch {
	case fetch.AsksPart(&r.Fields) && (x.found == nil || x.found.Partial != nil):
	case n.fetchApart(x):
		if x.found == nil {
			x.status.Reason = message.ReasonUncacheable
		}
	case x.found != nil && validatesAlways(&x.found.Lifetime):
	case x.directives.Has(semantics.NoStore):
	case x.rule.Semantics.Key.Unknown == semantics.RefuseUnknown && semantics.Unkeyed(r, &x.rule.Semantics.Key, x.selectors...):
	default:
		return false
	}
	return true
}

// validatesAlways reports whether each use of the response must be validated. Then no request
// may use the answer to another one.
func validatesAlways(l *store.Lifetime) bool {
	return l.Flags&store.AlwaysValidate != 0 || l.Fresh <= l.Born
}

// A request fetches alone once maxRounds responses of other requests' fetches did not answer
// it, or once maxDeclined fetches that it waited for were of use to their leaders only.
const (
	maxRounds   = 3
	maxDeclined = 8
)

// join joins the fetch that is under way for the key, or leads one.
func (n *Node) join(x *exchange) step {
	if x.rounds >= maxRounds || x.declined >= maxDeclined {
		return stepFetch
	}
	x.seen = n.purges.Version()
	o, fill, leads := n.store.Join(x.key, n.purgeKey(x), string(x.text), n.acceptor(x))
	switch {
	case o != nil && n.arrived(x, o):
		return stepDone
	case o != nil:
		x.rounds++
		x.Now = n.now()
		n.lookup(x)
		return n.joinAgain(x)
	case leads:
		return n.lead(x, fill)
	}
	return n.follow(x, fill)
}

// lookAgain looks for an answer where the fetch that was joined brought none for this
// request: under the key of another variant, which its response showed to be the right
// one, or under the same key, if the response was for the leader only.
func (n *Node) lookAgain(x *exchange, fill *store.Fill) step {
	if arrived := fill.Object(); arrived != nil {
		x.rounds++
		n.lookupVariant(x, arrived.Selector)
	} else {
		x.declined++
		x.Now = n.now()
		n.lookup(x)
	}
	return n.joinAgain(x)
}

// joinAgain answers with what was found since the request joined a fetch, or has it join
// another one.
func (n *Node) joinAgain(x *exchange) step {
	if n.answerNow(x) {
		return stepDone
	}
	x.status.Reason = x.decision.Reason
	if n.fetchesAlone(x) {
		return stepFetch
	}
	return stepJoin
}

// acceptor returns a function for store.Join, which reports whether an object that was stored
// since lookup answers the request as it is, or is a newer index.
func (n *Node) acceptor(x *exchange) func(*store.Object, purge.Verdict) bool {
	return func(o *store.Object, covered purge.Verdict) bool {
		if o.Variants != nil {
			return o.Variants != x.index
		}
		return n.selects(x, o) && x.shares(o, covered, n.now())
	}
}

// shares reports whether o, from another request's fetch, answers this one too. It does if it
// is whole and may be used without validation.
func (x *exchange) shares(o *store.Object, covered purge.Verdict, now store.Instant) bool {
	d := semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, covered, now)
	return (d.Use == semantics.Fresh || d.Use == semantics.StaleRefresh) && o.Partial == nil && x.mayUse(o)
}

// arrived answers with a response that another request's fetch has stored since lookup. It
// reports false if o is an index, or may not be used any more.
func (n *Node) arrived(x *exchange, o *store.Object) bool {
	if o.Variants != nil {
		return false
	}
	n.store.MarkUsed(o, x.rule.Disk)
	x.Now = n.now()
	x.found, x.covered = o, n.store.Verdict(o)
	x.decision = semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, x.covered, x.Now)
	x.status.Collapsed = true
	x.status.Reason = message.ReasonNone
	return n.answerNow(x)
}

// fetchAlone fetches for this request only, in its own goroutine. The response is stored if it
// may be.
//
// A HEAD is passed on as it is. To fetch the whole response is worth it only if others may
// get it, too.
func (n *Node) fetchAlone(x *exchange) step {
	if x.Request.Method == message.HEAD {
		return stepPass
	}
	r := n.fetcher.Alone(n.spec(x, n.purges.Latest()), &x.memory)
	return n.conclude(x, &r)
}

// lead starts the fetch behind a fill, detached from the request: the client that caused it
// may leave. It answers with what the fetch comes to.
func (n *Node) lead(x *exchange, fill *store.Fill) step {
	r, ok := n.startLed(x, fill).Wait(x.canceller.Done())
	if !ok {
		x.status.Fetched = true
		n.clientGone(x)
		return stepDone
	}
	return n.conclude(x, &r)
}

// startLed starts a fetch for a fill. After a panic it ends the fill, as nobody else would.
func (n *Node) startLed(x *exchange, fill *store.Fill) (l *fetch.Led) {
	defer func() {
		if l == nil {
			fill.Fail(fetch.ErrFault)
		}
	}()
	return n.fetcher.Lead(n.spec(x, fill.Stamp()), fill)
}
