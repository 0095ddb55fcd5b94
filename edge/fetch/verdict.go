package fetch

import (
	"brink/edge/message"
	"brink/edge/semantics"
)

// Verdict is what those who wait for a fill are told of a response that is not shared: the
// reason that Fill.Decline is given.
type Verdict uint8

// ofKnown is added to a reason where the leader's client was one that the origin
// could know.
const ofKnown Verdict = 0x80

// Reason says why the response is not shared.
func (v Verdict) Reason() message.Reason { return message.Reason(v &^ ofKnown) }

// OfKnown reports whether the origin could know the leader's client. What it said to that
// may be for it alone.
func (v Verdict) OfKnown() bool { return v&ofKnown != 0 }

// verdict returns what those who wait are told.
func (f *fetch) verdict(reason message.Reason) Verdict {
	if f.provoked() {
		reason = message.ReasonRequestStatus
	}
	if semantics.IdentifiesUser(f.Request, &f.Rule.Semantics, f.Selectors...) {
		return Verdict(reason) | ofKnown
	}
	return Verdict(reason)
}

// OfRequest reports whether a response was not stored because of the request
// that it answered. The responses to other requests may still be storable.
func OfRequest(reason message.Reason) bool {
	switch reason {
	case message.ReasonUnkeyedField, message.ReasonAuthorization, message.ReasonCookie, message.ReasonRequestNoStore,
		message.ReasonRequestStatus:
		return true
	}
	return false
}
