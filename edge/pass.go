package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// pass hands the request to the origin and its response to the client, both as
// they arrive. The cache has no part in it, but for what the response says of
// stored ones: an unsafe method invalidates, a HEAD may update.
// x.status.Reason says why.
func (n *Node) pass(x *exchange) {
	x.status = message.CacheStatus{Outcome: message.Pass, Reason: x.status.Reason, Detail: message.DetailOf(x.plan.Culprit)}
	r := &x.Request
	ask := n.passing(x)
	ask.Interim, ask.Pin = interimTo(x.Client), x.pinFor(ask.Fields)
	if r.Body != nil {
		ask.Body = r.Body
	}
	asked, began := n.now(), n.purges.Latest()
	resp, err := x.site.Origin.Fetch(x.leash, ask)
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
	if resp.Private() { // it may be for one user, and its fields need not say so
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

// passing makes, in memory of the exchange, the request to the origin for a request
// that is passed on. It leaves out the content.
func (n *Node) passing(x *exchange) *origin.Request {
	r, up := &x.Request, &x.up
	forward := semantics.Forward{Node: n.id, Scheme: r.URL.Scheme, Host: x.rule.HostOf(r), Keep: x.rule.Semantics.Key.Keep}
	up.scratch = semantics.ForwardFields(&up.fields, r, &forward, up.scratch[:0])
	forwardedOnce(&up.fields, r)
	identified(&up.fields, x.requestID())
	x.rule.Request.Apply(&up.fields)
	up.target = semantics.AppendTarget(up.target[:0], &r.URL, &x.rule.Semantics.Key)
	up.request = origin.Request{
		Method: r.Verb, Target: up.target, Host: forward.Host, Fields: &up.fields, Upgrade: r.Upgrade,
		Into: up.room(), Idempotent: r.Method.Idempotent(), Client: r.Client(),
	}
	return &up.request
}

// updateFromHead lets the response to a HEAD update the stored response to
// GET, or put it out of use (RFC 9111 section 4.3.5).
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
		o := n.merge(x.found, x.found.Stamp, &response, x.rule, times, r)
		switch {
		case semantics.SearchChanged(x.found, o):
			n.store.Delete(x.found.Key)
		case rekeyed(x.found, o): // the next GET sees to it
		case semantics.MergedReason(r, o, &response, &x.rule.Semantics, times).Stored():
			n.store.Replace(x.found, o)
		}
	}
}

// merge renews a stored response with the fields of a 304 or of a HEAD's 200,
// the response to request, and stamps it. The tags are those that the origin names
// now, and also those before if a purge of these came since: it was of this body.
func (n *Node) merge(old *store.Object, stamp purge.Seq, resp *semantics.Response, r *site.Rule, t semantics.Times, request *message.Request) *store.Object {
	o := semantics.Merge(old, resp, int64(t.Answered/store.Second), r.SharedHead)
	o.Lifetime = semantics.MergedLifetime(o, resp, semantics.Known(request, &r.Semantics), &r.Semantics, t)
	o.Admission = r.Disk
	var merged wire.Fields
	semantics.FieldsOf(&o.Head, &merged)
	o.Stamp, o.Tags = stamp, semantics.Tags(n.purges.Names(), &request.URL, &merged)
	if n.store.VerdictSince(old, stamp) != purge.Untouched {
		o.Tags = semantics.UniteTags(o.Tags, old.Tags)
	}
	o.SetLocation(old.Location()) // it has old's body
	return o
}
