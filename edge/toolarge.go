package edge

import (
	"errors"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// share starts to share o, whose body follows, or says why it cannot. A shared
// response may still turn out to be too large to be kept.
func (f *fetch) share(o *store.Object, resp *origin.Response) semantics.Refusal {
	length := resp.Length
	if o.Partial != nil {
		length = o.Length
	}
	// The requests that wait for the fill read these once it has started.
	f.stored = true
	if limit := f.node.store.Longest(o, length); length > limit {
		f.stored, f.refusal = false, semantics.TooLarge(length, limit)
	}
	err := f.start(o, length)
	if err == nil {
		return semantics.Refusal{}
	}
	if large, ok := errors.AsType[*store.TooLargeError](err); ok {
		return semantics.TooLarge(large.Length, large.Limit)
	}
	return noMemory(err)
}

// noMemory is the refusal of a response for lack of memory.
func noMemory(err error) semantics.Refusal {
	if errors.Is(err, store.ErrCrowded) {
		return semantics.Refusal{Reason: message.ReasonBusy, Culprit: "site"}
	}
	return semantics.Refusal{Reason: message.ReasonBusy}
}

// outgrew notes, at the end of a reply, that the body became too large to be stored
// while it arrived.
func (x *exchange) outgrew() {
	s, ok := x.closer.(*fillStream)
	if !ok || !x.status.Stored {
		return
	}
	switch written, limit, yes := s.reader.Outgrew(); {
	case yes && written > limit:
		why := semantics.TooLarge(written, limit)
		x.status.Stored, x.status.Store, x.status.Detail = false, why.Reason, message.DetailOf(why.Culprit)
	case yes: // there was no memory for it
		x.status.Stored, x.status.Store = false, message.ReasonBusy
	}
}

// brokenOff is called when a client stops reading a body that is still arriving. It
// notes whether the client was cut off, or was the last one and the rest will not be
// fetched.
func (x *exchange) brokenOff() {
	s, ok := x.closer.(*fillStream)
	if !ok {
		return
	}
	if s.reader.Cut() {
		x.status.Reason = message.ReasonSlowClient
	}
	if x.status.Stored && s.reader.Deserted() {
		x.status.Stored, x.status.Store = false, message.ReasonUnread
	}
}

// longest returns how long the body of a response may be, in bytes, for the store
// to take it. It stores nothing.
func (f *fetch) longest(resp *origin.Response) int64 {
	o := &store.Object{Text: string(f.text), Admission: f.rule.Disk}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(f.node.now()/store.Second), f.rule.Head)
	return f.node.store.Longest(o, resp.Length)
}
