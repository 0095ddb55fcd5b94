package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

// staleReason returns the reason for serving o stale while it is refreshed.
func (n *Node) staleReason(o *store.Object, now store.Instant) message.Reason {
	if n.fetcher.Refused(o.Key, now) {
		return message.ReasonRefused
	}
	return message.ReasonRefresh
}

// duringOutage answers with a stale response without asking the origin first. It does so if
// the origin is down, or if a fetch of this response had no answer lately. A refresh in the
// background finds out whether the origin is back. duringOutage reports false if no stored
// response may be used in this way, or if the client asked for validation.
func (n *Node) duringOutage(x *exchange) bool {
	o := x.found
	if o == nil || x.decision.Reason == message.ReasonRequest ||
		!x.tables.state(x.site).Down(x.Now) && !n.fetcher.Unanswered(o.Key, x.Now) ||
		!semantics.UsableOnError(&o.Lifetime, o.Head.Status, semantics.Unreachable, &x.directives, &x.rule.Semantics, x.covered, x.Now) {
		return false
	}
	x.status.Reason = message.ReasonUnreachable
	if !n.hit(x, message.Stale) {
		return false
	}
	n.refresh(x)
	return true
}

// mayStandIn reports whether the stored response may be used after the origin failed
// (RFC 5861 section 4). It may not if it was purged meanwhile.
func (n *Node) mayStandIn(x *exchange, failure semantics.Failure) bool {
	o := x.found
	if o == nil || o.Variants != nil || x.plan.Action != semantics.Lookup {
		return false
	}
	x.covered = n.store.Verdict(o)
	return semantics.UsableOnError(&o.Lifetime, o.Head.Status, failure, &x.directives, &x.rule.Semantics, x.covered, x.Now)
}

// standIn answers with the stored response if mayStandIn allows it.
func (n *Node) standIn(x *exchange, failure semantics.Failure) bool {
	if !n.mayStandIn(x, failure) {
		return false
	}
	o := x.found
	x.decision = semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, x.covered, x.Now)
	x.status.Reason, x.status.Fetched = message.ReasonOriginError, true
	if failure == semantics.Unreachable {
		x.status.Reason = message.ReasonUnreachable
	}
	return n.hit(x, message.Stale)
}
