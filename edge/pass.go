package edge

import (
	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// pass hands the request to the origin and its response to the client, both as they arrive.
// It still keeps stored responses correct: an unsafe method invalidates them, and the
// response to a HEAD may update one. x.status.Reason says why the request is passed.
func (n *Node) pass(x *exchange) {
	x.status = message.CacheStatus{Outcome: message.Pass, Reason: x.status.Reason, Detail: message.DetailOf(x.plan.Culprit)}
	r := &x.Request
	ask := n.passing(x)
	ask.Interim, ask.Pin = fetch.PassInterim(x.Client), x.pinFor(ask.Fields)
	if r.Body != nil {
		ask.Body = r.Body
	}
	asked, began := n.now(), n.purges.Latest()
	resp, err := x.site.Origin.Fetch(x.canceller, ask)
	if err == nil {
		x.closer = resp
	}
	x.Now = n.now()
	if err != nil {
		n.failed(x, err)
		return
	}
	x.status.FwdStatus = resp.Status
	if semantics.IsError(resp.Status) && n.standIn(x, semantics.Answered) {
		resp.Close()
		return
	}
	stamp := n.invalidate(x, resp, began)
	if resp.Private() { // on an authenticated connection: it may be for one user, without a field that says so
		n.relay(x, resp, x.rule.Head)
		return
	}
	if r.Method == message.HEAD && x.found != nil {
		n.updateFromHead(x, resp, asked)
	}
	if !n.posted(x, resp, asked, stamp) {
		n.relay(x, resp, x.rule.Head)
	}
}

// passFor sends the request past the cache, for this reason.
func (x *exchange) passFor(reason message.Reason) step {
	x.status.Reason = reason
	return stepPass
}

// passing makes the request that is sent to the origin if x is passed, without its content.
// It uses memory of the exchange.
func (n *Node) passing(x *exchange) *origin.Request {
	r, up := &x.Request, &x.memory.Upstream
	forward := semantics.Forward{Node: n.id, Scheme: r.URL.Scheme, Host: x.rule.HostOf(r), Keep: x.rule.Semantics.Key.Keep}
	up.Scratch = semantics.ForwardFields(&up.Fields, r, &forward, up.Scratch[:0])
	forwardedOnce(&up.Fields, r)
	fetch.Identify(&up.Fields, x.requestID())
	x.rule.Request.Apply(&up.Fields)
	up.Target = semantics.AppendTarget(up.Target[:0], &r.URL, &x.rule.Semantics.Key)
	up.Request = origin.Request{
		Method: r.Verb, Target: up.Target, Host: forward.Host, Fields: &up.Fields, Upgrade: r.Upgrade,
		Into: up.Room(), Idempotent: r.Method.Idempotent(), Client: r.Client(),
	}
	return &up.Request
}

// updateFromHead updates or invalidates the stored response to GET by the response to a HEAD
// (RFC 9111 section 4.3.5).
func (n *Node) updateFromHead(x *exchange, resp *origin.Response, asked store.Instant) {
	r := &x.Request
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	if !semantics.AsShared(r, &x.rule.Semantics, &response) {
		return
	}
	updates, invalidates := semantics.HeadMatches(x.found, &response)
	switch {
	case invalidates:
		n.outdate([]purge.Item{itemOf(&r.URL)}, []purge.Rule{{Kind: purge.URL, ID: n.purgeKey(x).URL()}})
	case updates:
		times := semantics.Times{Asked: asked, Answered: n.now()}
		o := n.fetcher.Merge(x.found, x.found.Stamp, &response, x.rule, times, r)
		switch {
		case semantics.SearchChanged(x.found, o):
			n.store.Delete(x.found.Key)
		case fetch.Rekeyed(x.found, o): // the next GET sees to it
		case semantics.MergedReason(r, o, &response, &x.rule.Semantics, times).Stored():
			n.store.Replace(x.found, o)
		}
	}
}
