package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// miss answers a request that the RAM tier could not: by one fetch that all
// who ask meanwhile share, where the response may turn out to be shareable,
// and by a fetch of its own otherwise.
func (n *Node) miss(x *message.Exchange, v *visit) {
	v.status.Reason = v.decision.Reason
	switch {
	case bonded(x, v) != nil:
		n.pass(x, v, message.ReasonConnectionAuth)
	case semantics.SignedAway(&x.Request, &v.rule.Semantics, v.found != nil):
		n.pass(x, v, message.ReasonAuthorization)
	case x.Request.Method == message.HEAD && (v.rule.HeadAsHead || n.marked(requestsLike(&x.Request, v), markUnread, x.Now)):
		n.pass(x, v, v.decision.Reason)
	case n.fetchesAlone(x, v):
		n.alone(x, v)
	default:
		n.collapse(x, v)
	}
}

// fetchesAlone reports whether waiting for another request's response, or
// letting others wait for this one, would be in vain.
func (n *Node) fetchesAlone(x *message.Exchange, v *visit) bool {
	r := &x.Request
	switch {
	case asksPart(&r.Fields) && (v.found == nil || v.found.Partial != nil):
	case n.unstorable(x, v):
		if v.found == nil {
			v.status.Reason = message.ReasonUncacheable
		}
	case v.found != nil && validatesAlways(&v.found.Lifetime):
	case v.directives.Has(semantics.NoStore):
	case v.rule.Semantics.Key.Unknown == semantics.RefuseUnknown && semantics.Unkeyed(r, &v.rule.Semantics.Key, v.selectors...):
	default:
		return false
	}
	return true
}

// validatesAlways reports whether each use of the response needs the origin's
// word for it, so that nobody may use an answer that another request got.
func validatesAlways(l *store.Lifetime) bool {
	return l.Flags&store.AlwaysValidate != 0 || l.Fresh <= l.Born
}

// maxDeclined is how many fetches a request waits for in vain, because of what their
// leaders were like, before it fetches by itself.
const maxDeclined = 8

// collapse joins the fetch that is under way for the key, or leads one.
func (n *Node) collapse(x *message.Exchange, v *visit) {
	// A round that does not answer leads to another one: either a response that
	// has come since lookup shows that another variant's key is the right one, or
	// the fetch that was joined brought a response for its leader only.
	for round, declined := 0, 0; round < 3 && declined < maxDeclined; round++ {
		v.seen = n.purges.Version()
		o, fill, leads := n.store.Join(v.key, n.purgeKey(&x.Request, v), string(v.text), n.acceptor(x, v))
		var f *fetch
		if leads {
			f = n.lead(x, v, fill)
		}
		if o == nil {
			if n.deliver(x, v, fill, f) {
				return
			}
			if arrived := fill.Object(); arrived != nil {
				n.lookupVariant(x, v, arrived.Selector)
			} else {
				x.Now = n.now()
				n.lookup(x, v)
				round--
				declined++
			}
		} else {
			if n.arrived(x, v, o) {
				return
			}
			x.Now = n.now()
			n.lookup(x, v)
		}
		if n.answerNow(x, v) {
			return
		}
		v.status.Reason = v.decision.Reason
		if n.fetchesAlone(x, v) {
			break
		}
	}
	n.alone(x, v)
}

// acceptor says whether what was stored since lookup answers the request as it
// is, or shows where to look for an answer.
func (n *Node) acceptor(x *message.Exchange, v *visit) func(*store.Object, purge.Verdict) bool {
	return func(o *store.Object, covered purge.Verdict) bool {
		if o.Variants != nil {
			return o.Variants != v.index
		}
		return n.selects(x, v, o) && v.shares(&x.Request, o, covered, n.now())
	}
}

// shares reports whether o, which another request's fetch brought, answers this
// one too: it is whole, and may be used without asking the origin again.
func (v *visit) shares(r *message.Request, o *store.Object, covered purge.Verdict, now store.Instant) bool {
	d := semantics.Judge(&o.Lifetime, &v.directives, &v.rule.Semantics, covered, now)
	return (d.Use == semantics.Fresh || d.Use == semantics.StaleRefresh) && o.Partial == nil && v.takes(r, o)
}

// arrived answers with a response that another request's fetch brought since
// lookup. It reports false if o is none, or has been overtaken by now.
func (n *Node) arrived(x *message.Exchange, v *visit, o *store.Object) bool {
	if o.Variants != nil {
		return false
	}
	n.store.Asked(o, v.rule.Disk)
	x.Now = n.now()
	v.found, v.covered = o, n.store.Verdict(o)
	v.decision = semantics.Judge(&o.Lifetime, &v.directives, &v.rule.Semantics, v.covered, x.Now)
	v.status.Collapsed = true
	v.status.Reason = message.ReasonNone
	return n.answerNow(x, v)
}

// alone fetches for this request only; the response is stored if it may be.
// Nobody else waits for its head, so the connection's own goroutine does.
//
// A HEAD is passed on as it is: fetching the whole response is only worth it if
// others may get it too.
func (n *Node) alone(x *message.Exchange, v *visit) {
	if x.Request.Method == message.HEAD {
		n.pass(x, v, v.status.Reason)
		return
	}
	f := n.ownFetch(x, v)
	f.run(v.leash)
	if f.handed {
		n.part(x, v)
	}
	v.holds(x, f)
	if f.fill != nil && f.declined == nil && f.err == nil {
		n.deliver(x, v, f.fill, f)
		return
	}
	x.Now = n.now()
	v.fetched(f)
	if f.err != nil {
		n.unfetched(x, v, f, f.err)
		return
	}
	n.deliverDeclined(x, v, f)
}

// lead starts the fetch behind a fill, detached from the request: the client
// that caused it may leave.
func (n *Node) lead(x *message.Exchange, v *visit, fill *store.Fill) *fetch {
	f := n.detachedFetch(x, v, fill)
	f.request.Method, f.request.Verb = message.GET, get
	f.led = &leader{client: x.Client}
	fill.Claim()
	n.goFetch(f)
	return f
}
