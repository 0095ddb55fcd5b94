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
func (n *Node) TryServe(x *message.Exchange) bool {
	v := n.visit(x)
	if !n.route(x, v) {
		return true
	}
	if v.plan.Action != semantics.Lookup {
		return false
	}
	n.lookup(x, v)
	if v.found != nil && v.found.Remote() {
		return false // its body is on disk
	}
	return n.answerNow(x, v)
}

// answerNow answers with what lookup found, if it may be used as it is.
func (n *Node) answerNow(x *message.Exchange, v *visit) bool {
	switch v.decision.Use {
	case semantics.Fresh:
		return n.hit(x, v, message.Hit)
	case semantics.StaleRefresh:
		v.status.Reason = n.staleReason(v.found, x.Now)
		if !n.hit(x, v, message.Stale) {
			return false
		}
		n.refresh(x, v)
		return true
	case semantics.Validate:
		return n.duringOutage(x, v)
	}
	return false
}

// Serve answers where that may need waiting. TryServe has run before it.
func (n *Node) Serve(x *message.Exchange) {
	v := x.State.(*visit)
	if x.Limit != message.ReasonNone {
		n.limited(x, v)
		return
	}
	n.attend(x, v)
	switch {
	case v.plan.Action == semantics.Pass:
		n.pass(x, v, v.plan.Reason)
	case v.plan.Action == semantics.Purge:
		n.purging(x, v)
	case n.fromDisk(x, v):
	case v.directives.Has(semantics.OnlyIfCached):
		n.refuse(x, v, 504, message.ReasonOnlyIfCached)
	default:
		n.miss(x, v)
	}
}

// route finds the site and the rule and admits the request. It reports false
// if that already answered it.
func (n *Node) route(x *message.Exchange, v *visit) bool {
	r := &x.Request
	v.site = v.tables.Find(r.URL.Name)
	if v.site == nil {
		n.misdirected(x, v)
		return false
	}
	v.rule = v.site.Rule(r.URL.Path)
	if v.site.Elsewhere(&r.URL, v.rule) {
		r.URL.Suspect, r.URL.Literal = true, false
	}
	if reason := n.looped(&r.Fields); reason != message.ReasonNone {
		status := 508
		if reason == message.ReasonBadRequest {
			status = 400
		}
		n.refuse(x, v, status, reason)
		return false
	}
	if r.Method == message.PURGE || v.site.Purging != nil && semantics.Purges(r) {
		return n.admitPurge(x, v)
	}
	v.directives = semantics.RequestDirectives(&r.Fields)
	v.plan = semantics.Admit(r, &v.rule.Semantics, &v.directives)
	if v.plan.Action == semantics.Refuse {
		n.refuse(x, v, v.plan.Status, v.plan.Reason)
		return false
	}
	switch {
	case v.rule.Answer != nil:
		n.fixed(x, v)
	case maxForwards(r) == 0:
		n.options(x, v)
	default:
		return true
	}
	return false
}
