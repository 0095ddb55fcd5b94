package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
)

// route finds the site and the rule, and admits the request. It answers requests that the
// node refuses or a rule answers.
func (n *Node) route(x *exchange) step {
	r := &x.Request
	x.site = x.tables.Find(r.URL.Name)
	if x.site == nil {
		n.misdirected(x)
		return stepDone
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
		return stepDone
	}
	if r.Method == message.PURGE || x.site.Purging != nil && semantics.Purges(r) {
		return n.admitPurge(x)
	}
	return n.admit(x)
}

// admit decides whether the cache is asked. It answers requests that it refuses or that the
// rule answers.
func (n *Node) admit(x *exchange) step {
	r := &x.Request
	x.directives = semantics.RequestDirectives(&r.Fields)
	x.plan = semantics.Admit(r, &x.rule.Semantics, &x.directives)
	switch {
	case x.plan.Action == semantics.Refuse:
		n.refuse(x, x.plan.Status, x.plan.Reason)
	case x.rule.Answer != nil:
		n.fixed(x)
	case maxForwards(r) == 0:
		n.options(x)
	case x.plan.Action == semantics.Pass:
		return x.passFor(x.plan.Reason)
	default:
		return stepRAM
	}
	return stepDone
}

// looped returns a reason to refuse the request if it has been at this node before (RFC 8586,
// RFC 9110 section 7.6.3), or if its fields do not say so in a way that can be read.
func (n *Node) looped(f *wire.Fields) message.Reason {
	if !f.Has(wire.CDNLoop) && !f.Has(wire.Via) {
		return message.ReasonNone
	}
	return semantics.Looped(f, n.id, maxHops)
}

// maxHops is the largest number of proxies that a request may have passed.
const maxHops = 10
