package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
)

// outgrew notes, at the end of a reply, whether the body became too large to be stored while
// it arrived.
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

// brokenOff notes, at the end of a reply whose body is still arriving, whether the node cut
// the client off, or whether the client was the last reader, so that the rest is not fetched.
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
