package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
)

// closeBody closes the stream or the connection that the reply was sent from. It notes in
// x.status what only the end of a body shows: whether the body was stored, and whether it was
// cut off.
func (x *exchange) closeBody() {
	switch body := x.closer.(type) {
	case nil:
		return
	case *fillStream:
		x.noteTooLarge(body)
		body.Close()
		x.noteUnfinished(body)
	case *origin.Response:
		body.Close()
		x.noteRevoked(body)
	default:
		body.Close()
	}
	x.closer = nil
}

// noteTooLarge notes that a body became too large to be stored while it arrived.
func (x *exchange) noteTooLarge(body *fillStream) {
	if !x.status.Stored {
		return
	}
	switch written, limit, yes := body.reader.Outgrew(); {
	case yes && written > limit:
		why := semantics.TooLarge(written, limit)
		x.status.Stored, x.status.Store, x.status.Detail = false, why.Reason, message.DetailOf(why.Culprit)
	case yes: // there was no memory for it
		x.status.Stored, x.status.Store = false, message.ReasonBusy
	}
}

// noteUnfinished notes that a body was not sent or not fetched to its end. The node cuts off
// a client that is too slow. It stops a fetch when its last reader leaves.
func (x *exchange) noteUnfinished(body *fillStream) {
	if body.reader.Cut() {
		x.status.Reason = message.ReasonSlowClient
	}
	if x.status.Stored && body.reader.Deserted() {
		x.status.Stored, x.status.Store = false, message.ReasonUnread
	}
}

// noteRevoked notes that the client was cut off because it was slow, and others waited for its
// connection to the origin.
func (x *exchange) noteRevoked(resp *origin.Response) {
	if resp.Revoked() {
		x.status.Reason = message.ReasonSlowClient
	}
}
