package edge

import (
	"time"

	"brink/edge/accesslog"
	"brink/edge/message"
	"brink/edge/meter"
	"brink/edge/wire"
)

// Done lets go of what the reply held and records the request.
func (n *Node) Done(x *message.Exchange, sent message.Sent) {
	v := x.State.(*visit)
	if v.closer != nil {
		v.closer.Close()
		v.closer = nil
	}
	number := meter.NoSite
	if v.site != nil {
		number = v.site.number
	}
	status := 0
	if x.Reply.Head != nil {
		status = x.Reply.Head.Status
	}
	took := time.Duration(n.now() - v.began)
	v.tables.meter.Record(number, &v.status, status, sent.Bytes, took)
	if !n.access.Off() {
		n.logAccess(x, v, status, sent, took)
	}
	v.found = nil
}

func (n *Node) logAccess(x *message.Exchange, v *visit, status int, sent message.Sent, took time.Duration) {
	r := &x.Request
	e := accesslog.Entry{
		Time: v.began, Duration: took, Client: r.Peer.Addr(),
		Verb: r.Verb, Scheme: r.URL.Scheme, Host: r.URL.Host, Target: r.URL.Target, Protocol: r.Protocol,
		Status: status, Bytes: sent.Bytes, Age: v.age, Cache: &v.status,
		UserAgent: r.Fields.Get(wire.UserAgent), Traceparent: r.Fields.Get(wire.Traceparent),
		RequestID: r.Fields.Get(wire.XRequestID),
	}
	e.Referer, _ = r.Fields.Lookup("referer")
	if v.site != nil {
		e.Site = v.site.name
	}
	if v.rule != nil {
		e.Rule = v.rule.pattern.text
	}
	n.access.Append(&e)
}

// Counts are the sums of all requests so far.
func (n *Node) Counts() meter.Counts { return n.tables.Load().meter.Snapshot().Counts }
