package edge

import (
	"context"

	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
)

// asksPart reports whether a request wants no more than a part of the
// representation. "bytes=0-", as media players begin, wants all of it: it is
// fetched like that, once for all who ask.
func asksPart(f *wire.Fields) bool {
	return semantics.AsksRange(f) && string(f.Get(wire.Range)) != "bytes=0-"
}

// completePart makes the whole of the stored part and of a 206 that brings
// what the part lacks (RFC 9111 section 3.4), no more and no less. If the two do
// not belong together, or there is no such part, all of it is asked for anew.
func (f *fetch) completePart(ctx context.Context, resp *origin.Response) {
	rest, why := f.judge(resp)
	if !why.Stored() {
		f.startOver(ctx, resp)
		return
	}
	whole := semantics.Combine(f.part, rest, f.rule.Head)
	if whole == nil || whole.Partial != nil || f.part.Length+rest.Length != whole.Length {
		f.startOver(ctx, resp)
		return
	}
	held, first := f.part.Body, f.part.Partial.First == 0
	whole.Body = nil
	f.part, f.stored = nil, true
	if err := f.start(whole, whole.Length); err != nil {
		f.startOver(ctx, resp)
		return
	}
	f.follow(func(f *fetch) {
		defer resp.Close()
		if first && !f.writeHeld(held) || !f.copyBody(resp) || !first && !f.writeHeld(held) {
			return
		}
		f.complete()
	})
}

// writeHeld copies the stored part into the fill.
func (f *fetch) writeHeld(body [][]byte) bool {
	for _, run := range body {
		if _, err := f.fill.Write(run); err != nil {
			f.breakOff(err)
			return false
		}
	}
	return true
}

// startOver asks for the whole after an answer that cannot be used.
func (f *fetch) startOver(ctx context.Context, resp *origin.Response) {
	resp.Close()
	f.part, f.completing, f.stored = nil, false, false
	resp, err := f.ask(ctx, nil)
	if err != nil {
		f.giveUp(err)
		return
	}
	f.take(ctx, resp)
}
