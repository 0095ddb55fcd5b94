package edge

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"brink/edge/accesslog"
	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/meter"
	"brink/edge/wire"
)

// Done lets go of what the reply held and records the request.
func (n *Node) Done(x *message.Exchange, sent message.Sent) {
	v := x.State.(*visit)
	if v.closer != nil {
		v.outgrew()
		v.closer.Close()
		v.brokenOff()
		v.revoked()
		v.closer = nil
	}
	if v.status.Store != message.ReasonNone {
		n.logUnstored(x, v)
	}
	number := meter.NoSite
	if v.site != nil {
		number = v.site.Number
	}
	status := n.ended(x, v, sent)
	took := time.Duration(n.now() - v.began)
	v.tables.meter.Record(number, &v.status, status, sent.Bytes, took)
	if !n.access.Off() {
		n.logAccess(x, v, status, sent, took)
	}
	v.release()
}

// logUnstored logs why a response was fetched and not stored.
func (n *Node) logUnstored(x *message.Exchange, v *visit) {
	if !n.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	u := &x.Request.URL
	attrs := []slog.Attr{slog.String("url", fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, u.Target)), slog.String("reason", v.status.Store.String())}
	if v.status.Detail != "" {
		attrs = append(attrs, slog.String("detail", v.status.Detail))
	}
	n.log.LogAttrs(context.Background(), slog.LevelDebug, "response not stored", attrs...)
}

// release lets go of what is stored, so that it does not stay in memory for as
// long as the connection has no other request.
func (v *visit) release() {
	v.found, v.index, v.selectors = nil, nil, nil
	if v.attended {
		v.leash.Reset()
	}
	if v.own.node != nil {
		clear(v.own.candidates)
		v.own = fetch{candidates: v.own.candidates[:0]}
	}
}

// Refused records a request that the engine answered by itself because of what
// the head is, or how long it took (engine.Observer).
func (n *Node) Refused(x *message.Exchange, status int, what string) {
	v := n.visit(x)
	v.refused(engine.ReasonOf(status))
	m := v.tables.meter
	m.Record(meter.NoSite, &v.status, status, 0, 0)
	if i := engine.FaultOf(status); i >= 0 {
		m.RefusedHead(i)
	}
	n.log.Debug("request refused", slog.String("client", x.Request.Peer.String()), slog.Int("status", status), slog.String("what", what))
	if !n.access.Off() {
		n.logAccess(x, v, status, message.Sent{}, 0)
	}
}

// Panicked records a panic of a handler, which ended one request and not the
// node (engine.Observer).
func (n *Node) Panicked(_ *message.Exchange, value any, stack []byte) {
	n.log.Error("panic", slog.Any("value", value), slog.String("stack", string(stack)))
}

func (n *Node) logAccess(x *message.Exchange, v *visit, status int, sent message.Sent, took time.Duration) {
	r := &x.Request
	e := accesslog.Entry{
		Time: v.began, Duration: took, Client: r.Client(),
		Verb: r.Verb, Scheme: r.URL.Scheme, Host: r.URL.Host, Target: r.URL.Target, Protocol: r.Protocol,
		Status: status, Bytes: sent.Bytes, Age: v.age, Cache: &v.status,
		UserAgent: r.Fields.Get(wire.UserAgent), Traceparent: r.Fields.Get(wire.Traceparent),
		RequestID: v.requestID(x),
	}
	e.Referer, _ = r.Fields.Lookup("referer")
	if v.site != nil {
		e.Site = v.site.Name
	}
	if v.rule != nil {
		e.Rule = v.rule.Pattern()
	}
	n.access.Append(&e)
}

// Stats are the counts of all requests so far.
func (n *Node) Stats() meter.Snapshot { return n.tables.Load().meter.Snapshot() }
