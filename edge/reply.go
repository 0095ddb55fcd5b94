package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// answer fills in the reply with the part of o that answer names.
func (n *Node) answer(x *exchange, o *store.Object, answer *semantics.Answer) {
	p := &x.Reply
	p.Head, p.Length = &o.Head, o.Length
	p.Body, p.File = p.Body[:0], nil
	switch {
	case answer.Status == o.Head.Status && len(answer.Spans) == 0:
		p.Body = append(p.Body, o.Body...)
		n.attach(x, o, semantics.Span{First: 0, Length: o.Length})
	case answer.Status == 304:
		semantics.RenderNotModified(&x.head, &o.Head)
		p.Head, p.Length = &x.head, -1
	case answer.Status == 416:
		semantics.RenderUnsatisfiable(&x.head, &o.Head, semantics.WholeLength(o))
		p.Head, p.Length = &x.head, 0
	case len(answer.Spans) == 1:
		n.partial(x, o, answer.Spans[0])
	case o.OnDisk():
		oneRange(o, answer)
		n.attach(x, o, semantics.Span{First: 0, Length: o.Length})
	default:
		x.Scratch, p.Body, p.Length = semantics.RenderMultipart(&x.head, &o.Head, x.Scratch[:0], o, answer.Spans, p.Body)
		p.Head = &x.head
	}
	if answer.Spans != nil {
		x.spans = answer.Spans
	}
	n.finish(x)
}

// partial answers with one range of o.
func (n *Node) partial(x *exchange, o *store.Object, span semantics.Span) {
	p := &x.Reply
	semantics.RenderPartial(&x.head, &o.Head, span, semantics.WholeLength(o))
	p.Head, p.Length = &x.head, span.Length
	if o.Partial != nil {
		span.First -= o.Partial.First
	}
	p.Body = semantics.AppendSpan(p.Body, o.Body, span)
	n.attach(x, o, span)
}

// attach gives the engine another form of the reply's body, which is a span of o's body: a
// stream if the body is on disk, or a part of a file, if the engine can use one and there is
// one.
func (n *Node) attach(x *exchange, o *store.Object, span semantics.Span) {
	switch {
	case o.OnDisk():
		n.sendFromDisk(x, o, span)
	case x.TakesFile:
		x.Reply.File, x.Reply.FileOffset = n.store.File(o, span.Length), span.First
	}
}

// finish completes a reply that has a head. It makes the rule's edits, and sets the fields
// that differ from reply to reply.
func (n *Node) finish(x *exchange) {
	p := &x.Reply
	if x.rule != nil && !x.rule.Response.Empty() {
		kept := wire.Other
		if p.Head.Status == 206 && len(x.spans) > 1 {
			kept = wire.ContentType // without its boundary the parts cannot be told apart
		}
		x.rule.Response.Render(&x.edited, p.Head, kept)
		p.Head = &x.edited
	}
	if x.status.Reason == message.ReasonVaryMiss && x.status.Store == message.ReasonNone {
		x.status.Detail = message.DetailOf(semantics.SelectorNames(x.selectors))
	}
	p.Status, p.Node, p.Problem, p.Cookies = x.status, n.id, x.problem, x.cookies
	p.Age, p.HasAge = x.age, x.age >= 0
}

// dated adds the Date field to a head that the node makes itself.
func (n *Node) dated(x *exchange) {
	var date [32]byte
	x.head.AddID(wire.Date, semantics.AppendDate(date[:0], int64(x.Now/store.Second)))
}
