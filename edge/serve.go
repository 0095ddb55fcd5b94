package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
)

// The path of a request. TryServe is the hit, Serve everything that waits:
//
//	TryServe  route -> lookup -> hit | stale (and refresh)
//	Serve     pass                        the cache has no part in it
//	          purging                     a purge on the data port
//	          miss -> Join -> fetch       one fetch for all who wait
//	               -> deliver             from the fill, as it grows
//	Done      record                      count, log, let go

var _ message.Handler = (*Node)(nil)

// TryServe answers from RAM where that needs no waiting.
func (n *Node) TryServe(m *message.Exchange) bool {
	x := n.begin(m)
	if !n.route(x) {
		return true
	}
	if x.plan.Action != semantics.Lookup {
		return false
	}
	n.lookup(x)
	if x.found != nil && x.found.OnDisk() {
		return false // its body is on disk
	}
	return n.answerNow(x)
}

// answerNow answers with what lookup found, if it may be used as it is.
func (n *Node) answerNow(x *exchange) bool {
	switch x.decision.Use {
	case semantics.Fresh:
		return n.hit(x, message.Hit)
	case semantics.StaleRefresh:
		x.status.Reason = n.staleReason(x.found, x.Now)
		if !n.hit(x, message.Stale) {
			return false
		}
		n.refresh(x)
		return true
	case semantics.Validate:
		return n.duringOutage(x)
	}
	return false
}

// Serve answers where that may need waiting. TryServe has run before it.
func (n *Node) Serve(m *message.Exchange) {
	x := m.State.(*exchange)
	if x.Limit != message.ReasonNone {
		n.limited(x)
		return
	}
	n.attend(x)
	switch {
	case x.plan.Action == semantics.Pass:
		n.pass(x, x.plan.Reason)
	case x.plan.Action == semantics.Purge:
		n.purging(x)
	case n.fromDisk(x):
	case x.directives.Has(semantics.OnlyIfCached):
		n.refuse(x, 504, message.ReasonOnlyIfCached)
	default:
		n.miss(x)
	}
}

// route finds the site and the rule and admits the request. It reports false
// if that already answered it.
func (n *Node) route(x *exchange) bool {
	r := &x.Request
	x.site = x.tables.Find(r.URL.Name)
	if x.site == nil {
		n.misdirected(x)
		return false
	}
	x.rule = x.site.Rule(r.URL.Path)
	if x.site.Elsewhere(&r.URL, x.rule) {
		r.URL.Suspect, r.URL.Literal = true, false
	}
	if reason := n.looped(&r.Fields); reason != message.ReasonNone {
		status := 508
		if reason == message.ReasonBadRequest {
			status = 400
		}
		n.refuse(x, status, reason)
		return false
	}
	if r.Method == message.PURGE || x.site.Purging != nil && semantics.Purges(r) {
		return n.admitPurge(x)
	}
	x.directives = semantics.RequestDirectives(&r.Fields)
	x.plan = semantics.Admit(r, &x.rule.Semantics, &x.directives)
	if x.plan.Action == semantics.Refuse {
		n.refuse(x, x.plan.Status, x.plan.Reason)
		return false
	}
	switch {
	case x.rule.Answer != nil:
		n.fixed(x)
	case maxForwards(r) == 0:
		n.options(x)
	default:
		return true
	}
	return false
}
