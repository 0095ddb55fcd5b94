package edge

import (
	"errors"
	"strconv"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// lengths is the detail of message.ReasonTooLarge.
func lengths(length, limit int64) string {
	return strconv.FormatInt(length, 10) + "/" + strconv.FormatInt(limit, 10)
}

// share starts to share o, whose body follows, or says why that cannot be. What is
// shared may still be too large to be kept after it has arrived.
func (f *fetch) share(o *store.Object, resp *origin.Response) message.Reason {
	length := resp.Length
	if o.Partial != nil {
		length = o.Length
	}
	// Whoever waits for the fill reads these once it has started.
	f.stored = true
	if limit := f.node.store.Longest(o, length); length > limit {
		f.stored, f.reason, f.detail = false, message.ReasonTooLarge, lengths(length, limit)
	}
	err := f.start(o, length)
	if err == nil {
		return message.ReasonNone
	}
	if large, ok := errors.AsType[*store.TooLargeError](err); ok {
		f.detail = lengths(large.Length, large.Limit)
		return message.ReasonTooLarge
	}
	f.detail = ""
	return message.ReasonBusy
}

// outgrew notes, at the end of a reply, that the body became too large to be stored
// while it arrived.
func (v *visit) outgrew() {
	s, ok := v.closer.(*fillStream)
	if !ok || !v.status.Stored {
		return
	}
	switch written, limit, yes := s.reader.Outgrew(); {
	case yes && written > limit:
		v.status.Stored, v.status.Store, v.status.Detail = false, message.ReasonTooLarge, lengths(written, limit)
	case yes: // there was no memory for it
		v.status.Stored, v.status.Store = false, message.ReasonBusy
	}
}

// longest returns how long the body of a response may be that the store is asked to
// take. It stores nothing.
func (f *fetch) longest(resp *origin.Response) int64 {
	o := &store.Object{Text: string(f.text), Admission: f.rule.disk}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(f.node.now()/store.Second), f.node.headOptions(f.rule))
	return f.node.store.Longest(o, resp.Length)
}
