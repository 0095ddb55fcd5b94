package edge

import (
	"strconv"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// hit answers with v.found, which is whole in RAM. It reports false if what is
// stored does not hold the part that was asked for.
func (n *Node) hit(x *message.Exchange, v *visit, outcome message.Outcome) bool {
	o := v.found
	answer := semantics.Evaluate(&x.Request, o, v.spans[:0])
	if answer.Status == 0 {
		v.decision.Use = semantics.Gone
		v.decision.Reason = answer.Reason
		return false
	}
	if !n.reach(x, v, o, &answer) {
		return false
	}
	v.status.Outcome = outcome
	v.status.TTL, v.status.HasTTL = v.decision.TTL, true
	v.age = semantics.Age(&o.Lifetime, x.Now)
	n.answer(x, v, o, &answer)
	return true
}

// answer fills in the reply with the part of o that answer names.
func (n *Node) answer(x *message.Exchange, v *visit, o *store.Object, answer *semantics.Answer) {
	p := &x.Reply
	p.Head, p.Length = &o.Head, o.Length
	p.Body, p.File = p.Body[:0], nil
	switch {
	case answer.Status == o.Head.Status && len(answer.Spans) == 0:
		p.Body = append(p.Body, o.Body...)
		n.attach(x, v, o, semantics.Span{First: 0, Length: o.Length})
	case answer.Status == 304:
		semantics.RenderNotModified(&v.head, &o.Head)
		p.Head, p.Length = &v.head, -1
	case answer.Status == 416:
		semantics.RenderUnsatisfiable(&v.head, &o.Head, wholeLength(o))
		p.Head, p.Length = &v.head, 0
	case len(answer.Spans) == 1:
		n.partial(x, v, o, answer.Spans[0])
	case o.Remote():
		oneRange(o, answer)
		n.attach(x, v, o, semantics.Span{First: 0, Length: o.Length})
	default:
		x.Scratch, p.Body, p.Length = semantics.RenderMultipart(&v.head, &o.Head, x.Scratch[:0], o, answer.Spans, p.Body)
		p.Head = &v.head
	}
	if answer.Spans != nil {
		v.spans = answer.Spans
	}
	n.finish(x, v)
}

// partial answers with one range of o.
func (n *Node) partial(x *message.Exchange, v *visit, o *store.Object, span semantics.Span) {
	p := &x.Reply
	semantics.RenderPartial(&v.head, &o.Head, span, wholeLength(o))
	p.Head, p.Length = &v.head, span.Length
	if o.Partial != nil {
		span.First -= o.Partial.First
	}
	p.Body = semantics.AppendSpan(p.Body, o.Body, span)
	n.attach(x, v, o, span)
}

// attach gives the engine span of o's body, which the reply's body is, as a
// part of a file, if it can use one and there is one, or as a stream if it is on
// disk.
func (n *Node) attach(x *message.Exchange, v *visit, o *store.Object, span semantics.Span) {
	switch {
	case o.Remote():
		n.remote(x, v, o, span)
	case x.TakesFile:
		x.Reply.File, x.Reply.FileOffset = n.store.File(o, span.Length), span.First
	}
}

// wholeLength is the length of the whole representation that o is (a part) of.
func wholeLength(o *store.Object) int64 {
	if o.Partial != nil {
		return o.Partial.Whole
	}
	return o.Length
}

// finish completes every reply that has a head: the rule's edits, and the
// lines that differ from reply to reply.
func (n *Node) finish(x *message.Exchange, v *visit) {
	p := &x.Reply
	if v.rule != nil && !v.rule.Response.Empty() {
		kept := wire.Other
		if p.Head.Status == 206 && len(v.spans) > 1 {
			kept = wire.ContentType // without its boundary the parts cannot be told apart
		}
		v.rule.Response.Render(&v.edited, p.Head, kept)
		p.Head = &v.edited
	}
	if v.status.Reason == message.ReasonVaryMiss && v.status.Store == message.ReasonNone {
		v.status.Detail = message.DetailOf(semantics.SelectorNames(v.selectors))
	}
	p.Status = v.status
	start := len(x.Scratch) // a multipart answer's part heads stand before
	tail := x.Scratch
	if v.age >= 0 {
		tail = append(tail, "Age: "...)
		tail = strconv.AppendInt(tail, v.age, 10)
		tail = append(tail, '\r', '\n')
	}
	for _, cookie := range v.cookies {
		tail = append(append(append(tail, "Set-Cookie: "...), cookie...), '\r', '\n')
	}
	tail = semantics.AppendCacheStatus(tail, n.id, &v.status)
	if v.problem != "" {
		tail = semantics.AppendProxyStatus(tail, n.id, v.problem, v.status.FwdStatus)
	}
	x.Scratch = tail
	p.Tail = tail[start:]
}

// dated adds the Date field to a head that the node makes itself.
func (n *Node) dated(v *visit, now store.Instant) {
	var date [32]byte
	v.head.Add(wire.Date.Bytes(), semantics.AppendDate(date[:0], int64(now/store.Second)))
}
