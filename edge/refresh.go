package edge

import (
	"brink/edge/accesslog"
	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// refresh fetches x.found anew in the background, unless that is under way or
// failed just now, or there are too many: then a later request sees to it. It
// belongs to the object, not to the request, and does not wait.
func (n *Node) refresh(x *exchange) {
	o, state := x.found, &x.tables.state(x.site).SiteState
	if n.fetcher.Paused(o.Key, x.Now) || !state.BeginRefresh() {
		return
	}
	other, fill, leads := n.store.Join(o.Key, n.purgeKey(x), o.Text, func(p *store.Object, _ purge.Verdict) bool {
		return p != o && (p.Variants == nil || p.Variants.Plain != o)
	})
	if other != nil || !leads {
		state.EndRefresh()
		return
	}
	begun := false
	defer func() {
		if !begun { // a fault of the node's own: nobody else would end the fill
			fill.Fail(fetch.ErrFault)
			state.EndRefresh()
		}
	}()
	spec := n.spec(x, fill.Stamp())
	spec.ID = accesslog.AppendRequestID(nil)
	n.fetcher.Refresh(spec, fill, o.Key)
	begun = true
}

// staleReason returns the reason for serving o stale while it is refreshed.
func (n *Node) staleReason(o *store.Object, now store.Instant) message.Reason {
	if n.fetcher.Refused(o.Key, now) {
		return message.ReasonRefused
	}
	return message.ReasonRefresh
}

// duringOutage answers with a stale response at once while the origin is down, or
// if it gave no answer about this response lately. A refresh in the background
// finds out whether it is back. It reports false if no stored response may be used
// like that, or if the client asked for validation.
func (n *Node) duringOutage(x *exchange) bool {
	o := x.found
	if o == nil || !x.tables.state(x.site).Down(x.Now) && !n.fetcher.Unanswered(o.Key, x.Now) || x.decision.Reason == message.ReasonRequest ||
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
