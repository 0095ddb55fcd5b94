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

// Done closes the reply's body and records the request.
func (n *Node) Done(m *message.Exchange, sent message.Sent) {
	x := m.State.(*exchange)
	x.closeBody()
	if x.status.Store != message.ReasonNone {
		n.logUnstored(x)
	}
	number := meter.NoSite
	if x.site != nil {
		number = x.site.Number
	}
	status := n.ended(x, sent)
	took := time.Duration(n.now() - x.began)
	x.tables.meter.Record(number, &x.status, status, sent.Bytes, took)
	if !n.access.Off() {
		n.logAccess(x, status, sent, took)
	}
	x.end()
}

// logUnstored logs why a response was fetched and not stored.
func (n *Node) logUnstored(x *exchange) {
	if !n.log.Enabled(context.Background(), slog.LevelDebug) {
		return
	}
	u := &x.Request.URL
	attrs := []slog.Attr{slog.String("url", fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, u.Target)), slog.String("reason", x.status.Store.String())}
	if x.status.Detail != "" {
		attrs = append(attrs, slog.String("detail", x.status.Detail))
	}
	n.log.LogAttrs(context.Background(), slog.LevelDebug, "response not stored", attrs...)
}

// end drops the references to the engine's exchange and to stored objects, which an idle
// connection would keep in memory otherwise.
func (x *exchange) end() {
	x.found, x.index, x.selectors = nil, nil, nil
	if x.attended {
		x.canceller.Reset()
	}
	x.memory.Release()
	x.Exchange = nil
}

// Refused records a request that the engine refused: its head is malformed or too large, or
// took too long to arrive (engine.Observer).
func (n *Node) Refused(m *message.Exchange, status int, what string) {
	x := n.begin(m)
	defer x.end()
	x.refused(engine.ReasonOf(status))
	counts := x.tables.meter
	counts.Record(meter.NoSite, &x.status, status, 0, 0)
	if i := engine.FaultOf(status); i >= 0 {
		counts.RefusedHead(i)
	}
	n.log.Debug("request refused", slog.String("client", x.Request.Peer.String()), slog.Int("status", status), slog.String("what", what))
	if !n.access.Off() {
		n.logAccess(x, status, message.Sent{}, 0)
	}
}

// Panicked logs a panic of a handler. It ends one request, and the node goes on
// (engine.Observer).
func (n *Node) Panicked(_ *message.Exchange, value any, stack []byte) {
	n.log.Error("panic", slog.Any("value", value), slog.String("stack", string(stack)))
}

// logAccess writes the request's line of the access log.
func (n *Node) logAccess(x *exchange, status int, sent message.Sent, took time.Duration) {
	r := &x.Request
	e := accesslog.Entry{
		Time: x.began, Duration: took, Client: r.Client(),
		Verb: r.Verb, Scheme: r.URL.Scheme, Host: r.URL.Host, Target: r.URL.Target, Protocol: r.Protocol,
		Status: status, Bytes: sent.Bytes, Age: x.age, Cache: &x.status,
		UserAgent: r.Fields.Get(wire.UserAgent), Traceparent: r.Fields.Get(wire.Traceparent),
		RequestID: x.requestID(),
	}
	e.Referer, _ = r.Fields.Lookup("referer")
	if x.site != nil {
		e.Site = x.site.Name
	}
	if x.rule != nil {
		e.Rule = x.rule.Pattern()
	}
	n.access.Append(&e)
}

// Stats returns the counts of all requests so far.
func (n *Node) Stats() meter.Snapshot { return n.tables.Load().meter.Snapshot() }
