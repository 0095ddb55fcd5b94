package semantics

import (
	"strconv"

	"brink/edge/message"
)

// Refusal is why a response is not stored. Zero: it is.
type Refusal struct {
	Reason  message.Reason
	Culprit string // the fields or cookies that it is about, or the limit; empty: the reason says all
}

// because is a refusal that has no culprit.
func because(reason message.Reason) Refusal { return Refusal{Reason: reason} }

// TooLarge is the refusal of a response that is longer than the limit, both in
// bytes.
func TooLarge(length, limit int64) Refusal {
	return Refusal{message.ReasonTooLarge, strconv.FormatInt(length, 10) + "/" + strconv.FormatInt(limit, 10)}
}

// Stored reports whether there is no refusal.
func (r Refusal) Stored() bool { return r.Reason == message.ReasonNone }
