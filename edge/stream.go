package edge

import (
	"bytes"
	"io"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// stream answers with a response whose body is still arriving: each client has
// its own cursor in the fill. A HEAD does not wait for it.
func (n *Node) stream(x *exchange, fill *store.Fill, o *store.Object) {
	length := fill.Length()
	answer := evaluateGrowing(&x.Request, o, length, x.spans[:0])
	p := &x.Reply
	if answer.Status != o.Head.Status && answer.Status != 206 {
		fill.Leave()
		n.answer(x, o, &answer)
		return
	}
	p.Head, p.Length = &o.Head, length
	if x.Request.Method == message.HEAD {
		fill.Leave()
		n.finish(x)
		return
	}
	span := semantics.Span{First: 0, Length: length}
	if answer.Status == 206 && o.Partial == nil {
		span = answer.Spans[0]
		semantics.RenderPartial(&x.head, &o.Head, span, length)
		p.Head, p.Length = &x.head, span.Length
	}
	if answer.Spans != nil {
		x.spans = answer.Spans
	}
	reader := &fillStream{reader: fill.Reader(span.First), rest: span.Length}
	p.Stream, x.closer = reader, reader
	x.canceller.Attach(reader)
	n.finish(x)
}

// evaluateGrowing is semantics.Evaluate for a response that is not whole yet. It answers
// with a range only if the length is known and the range is in one piece. A response that
// is a part is sent as it is: the request asked for that part, or the origin chose it.
func evaluateGrowing(r *message.Request, o *store.Object, length int64, spans []semantics.Span) semantics.Answer {
	whole := semantics.Answer{Status: o.Head.Status}
	a := semantics.Evaluate(r, o, spans)
	switch {
	case a.Status == 304:
		return a
	case o.Partial != nil, length < 0 && a.Status != whole.Status, len(a.Spans) > 1:
		return whole
	}
	return a
}

// ageOnArrival returns the Age in seconds of a response that arrives, for a request that did
// not fetch it, and -1 for none. There is one only if the response was old when it came, or
// came a while ago. An Age would say that the response was not made for the request
// (RFC 9111 section 5.1).
func ageOnArrival(o *store.Object, now store.Instant) int64 {
	if age := semantics.Age(&o.Lifetime, now); age > 0 {
		return age
	}
	return -1
}

// fillStream is a fill's body, or a range of it, as the engine reads it.
type fillStream struct {
	reader *store.Reader
	rest   int64 // bytes still wanted; negative: to the end
}

func (s *fillStream) Next(wait bool) ([]byte, error) {
	if s.rest == 0 {
		return nil, io.EOF
	}
	b, err := s.reader.Next(wait)
	if s.rest < 0 {
		return b, err
	}
	if int64(len(b)) > s.rest {
		b = b[:s.rest]
	}
	s.rest -= int64(len(b))
	return b, err
}

// Notify implements message.Stream.
func (s *fillStream) Notify(ready func()) {
	if s.rest == 0 {
		ready()
		return
	}
	s.reader.Notify(ready)
}

func (s *fillStream) Trailers() *wire.Fields { return nil }
func (s *fillStream) Close()                 { s.reader.Close() }

// Abort makes a Next that waits fail, when the client has left.
func (s *fillStream) Abort() { s.reader.Abort() }

// answerPrivate answers with a fetched response that is not shared. The fetch did not carry
// the client's conditions, so that they are evaluated here (RFC 9110 section 13.2.1). The
// client's Range may be ignored.
func (n *Node) answerPrivate(x *exchange, resp *origin.Response) {
	x.status.Outcome = message.Miss
	if resp.Status != 200 || !semantics.HasPreconditions(&x.Request.Fields) {
		n.relay(x, resp, x.rule.SharedHead)
		return
	}
	var o store.Object
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(x.Now/store.Second), x.rule.SharedHead)
	answer := semantics.Evaluate(&x.Request, &o, x.spans[:0])
	if answer.Status != 304 {
		n.relay(x, resp, x.rule.SharedHead)
		return
	}
	x.age = semantics.ReceivedAge(&resp.Fields)
	resp.Close()
	n.answer(x, &o, &answer)
}

// relay answers with an origin's response that is for this client alone. If opt leaves out
// Set-Cookie, x.cookies has the values that the client gets.
func (n *Node) relay(x *exchange, resp *origin.Response, opt semantics.HeadOptions) {
	x.closer = resp
	x.pinResponse(resp)
	status := resp.Status
	if status == 101 {
		status = 200 // see message.Reply.Tunnel
	}
	semantics.RenderHead(&x.head, status, &resp.Fields, int64(x.Now/store.Second), opt)
	p := &x.Reply
	p.Head, p.Length = &x.head, resp.Length
	x.status.Fetched, x.status.FwdStatus = true, resp.Status
	x.age = semantics.ReceivedAge(&resp.Fields)
	switch {
	case resp.Status == 101:
		p.Upgrade = bytes.Clone(resp.Fields.Get(wire.Upgrade))
		p.Tunnel = resp.Tunnel()
	case x.Request.Method != message.HEAD:
		p.Stream = resp
	}
	n.finish(x)
}
