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
func (n *Node) pass(x *message.Exchange, v *visit, reason message.Reason) {
	v.status = message.CacheStatus{Outcome: message.Pass, Reason: reason, Detail: message.DetailOf(v.plan.Culprit)}
	r := &x.Request
	ask := n.passing(x, v)
	ask.Interim, ask.Pin = interimTo(x.Client), pinOf(x, v, ask.Fields)
	if r.Body != nil {
		ask.Body = r.Body
	}
	asked, began := n.now(), n.purges.Latest()
	resp, err := v.site.Origin.Fetch(v.leash, ask)
	if err == nil {
		v.closer = resp
	}
	x.Now = n.now()
	if err != nil {
		n.failed(x, v, err)
		return
	}
	v.status.FwdStatus = resp.Status
	if semantics.IsError(resp.Status) && n.standIn(x, v, semantics.Answered) {
		resp.Close()
		return
	}
	stamp := n.invalidate(x, v, resp, began)
	if resp.Private() { // it may be for one user, and its fields need not say so
		n.relay(x, v, resp, v.rule.Head)
		return
	}
	if r.Method == message.HEAD && v.found != nil {
		n.updateFromHead(r, v, resp, asked)
	}
	if !n.posted(x, v, resp, asked, stamp) {
		n.relay(x, v, resp, v.rule.Head)
	}
}

// passing makes, in memory of the visit, the request to the origin for a request
// that is passed on. It leaves out the content.
func (n *Node) passing(x *message.Exchange, v *visit) *origin.Request {
	r, up := &x.Request, &v.up
	forward := semantics.Forward{Node: n.id, Scheme: r.URL.Scheme, Host: v.rule.HostOf(r), Keep: v.rule.Semantics.Key.Keep}
	up.scratch = semantics.ForwardFields(&up.fields, r, &forward, up.scratch[:0])
	forwardedOnce(&up.fields, r)
	identified(&up.fields, v.requestID(x))
	v.rule.Request.Apply(&up.fields)
	up.target = semantics.AppendTarget(up.target[:0], &r.URL, &v.rule.Semantics.Key)
	up.request = origin.Request{
		Method: r.Verb, Target: up.target, Host: forward.Host, Fields: &up.fields, Upgrade: r.Upgrade,
		Into: up.room(), Idempotent: r.Method.Idempotent(), Client: r.Client(),
	}
	return &up.request
}

// updateFromHead lets the response to a HEAD update the stored response to
// GET, or put it out of use (RFC 9111 section 4.3.5).
func (n *Node) updateFromHead(r *message.Request, v *visit, resp *origin.Response, asked store.Instant) {
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	if !semantics.AsShared(r, &v.rule.Semantics, &response) {
		return
	}
	updates, invalidates := semantics.HeadMatches(v.found, &response)
	switch {
	case invalidates:
		n.outdate([]purge.Item{itemOf(&r.URL)}, []purge.Rule{{Kind: purge.URL, ID: n.purgeKey(r, v).URL()}})
	case updates:
		times := semantics.Times{Asked: asked, Answered: n.now()}
		o := n.merge(v.found, v.found.Stamp, &response, v.rule, times, r)
		switch {
		case semantics.SearchChanged(v.found, o):
			n.store.Drop(v.found.Key)
		case rekeyed(v.found, o): // the next GET sees to it
		case semantics.MergedReason(r, o, &response, &v.rule.Semantics, times).Stored():
			n.store.Replace(v.found, o)
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
	o.SetPlace(old.Place()) // it has old's body
	return o
}
