package fetch

import (
	"context"

	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// AsksPart reports whether a request wants no more than a part of the
// representation. "bytes=0-", as media players begin, wants all of it: it is
// fetched like that, once for all who ask.
func AsksPart(f *wire.Fields) bool {
	return semantics.AsksRange(f) && string(f.Get(wire.Range)) != "bytes=0-"
}

// markPart makes o the part that a 206 brings. It reports false if the 206 does not say
// which part that is, or if no part was asked for.
func (f *fetch) markPart(o *store.Object, a answer) bool {
	resp := a.response
	first, last, whole, ok := semantics.ParseContentRange(&resp.Fields)
	length := last - first + 1
	if !ok || whole < 0 || !f.Ranged && !a.ofRest || resp.Length >= 0 && resp.Length != length {
		return false
	}
	o.Partial = &store.Partial{First: first, Whole: whole}
	o.Length = length
	return true
}

// completePart makes the whole of the stored part and of a 206 that brings
// what the part lacks (RFC 9111 section 3.4), no more and no less. If the two do
// not belong together, or there is no such part, all of it is asked for anew.
func (f *fetch) completePart(ctx context.Context, a answer) *body {
	rest, why := f.object(a)
	if !why.Stored() {
		return f.startOver(ctx)
	}
	part := f.Part
	whole := semantics.Combine(part, rest, f.Rule.Head)
	if whole == nil || whole.Partial != nil || part.Length+rest.Length != whole.Length {
		return f.startOver(ctx)
	}
	whole.Body = nil
	f.result.Stored = true
	if err := f.start(whole, whole.Length); err != nil {
		return f.startOver(ctx)
	}
	b := f.mover(a.response)
	if part.Partial.First == 0 {
		b.before = part.Body
	} else {
		b.after = part.Body
	}
	return b
}

// startOver asks for the whole after an answer that cannot be used. It clears what the
// result has of that answer, such as its cookies.
func (f *fetch) startOver(ctx context.Context) *body {
	f.drop()
	f.result = Result{Status: f.result.Status}
	a, err := f.ask(ctx, question{})
	if err != nil {
		f.fail(err, nil)
		return nil
	}
	return f.decide(ctx, a)
}
