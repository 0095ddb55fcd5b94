package engine

import (
	"strconv"
	"time"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// Refusal is an answer that an engine gives by itself. Status 0: there is none.
type Refusal struct {
	Status int
	What   string // a short constant phrase
}

// refusals has a row for every status that an engine may answer with.
var refusals = []struct {
	status int
	reason message.Reason
	head   bool // the request's head or content is at fault
}{
	{400, message.ReasonBadRequest, true},
	{405, message.ReasonMethodRefused, false},
	{408, message.ReasonRequestTimeout, true},
	{413, message.ReasonBodyTooLarge, true},
	{414, message.ReasonHeadTooLarge, true},
	{417, message.ReasonExpectation, true},
	{421, message.ReasonUnknownHost, false},
	{431, message.ReasonHeadTooLarge, true},
	{500, message.ReasonPanic, true},
	{501, message.ReasonBadRequest, true},
	{505, message.ReasonBadRequest, true},
}

// Faults returns the statuses that metrics count as faults of a request's head, in the
// order of FaultOf.
func Faults() (statuses []string) {
	for _, r := range refusals {
		if r.head {
			statuses = append(statuses, strconv.Itoa(r.status))
		}
	}
	return statuses
}

// FaultOf returns the position of a status in Faults, or -1.
func FaultOf(status int) (at int) {
	for _, r := range refusals {
		switch {
		case r.head && r.status == status:
			return at
		case r.head:
			at++
		}
	}
	return -1
}

// ReasonOf returns the reason that goes with a status of a refusal.
func ReasonOf(status int) message.Reason {
	for _, r := range refusals {
		if r.status == status {
			return r.reason
		}
	}
	return message.ReasonBadRequest
}

// Allowed are the methods in Allow of a 405. The origin may know fewer.
const Allowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

// Reply returns the answer: a line of text. Its head is made in h, and its content is
// appended to room. The connection must end after it.
func (r Refusal) Reply(h *wire.Head, room [][]byte, now store.Instant) message.Reply {
	h.Begin(r.Status)
	h.AddID(wire.Date, time.Unix(0, int64(now)).UTC().AppendFormat(nil, "Mon, 02 Jan 2006 15:04:05 GMT"))
	h.AddID(wire.ContentType, []byte("text/plain; charset=utf-8"))
	h.AddID(wire.CacheControl, []byte("no-store"))
	if r.Status == 405 {
		h.AddID(wire.Allow, []byte(Allowed))
	}
	text := strconv.Itoa(r.Status) + " " + wire.Reason(r.Status) + ": " + r.What + "\n"
	return message.Reply{
		Head: h, Body: append(room, []byte(text)), Length: int64(len(text)), Close: true,
		Status: r.cacheStatus(),
	}
}

func (r Refusal) cacheStatus() message.CacheStatus {
	s := message.CacheStatus{Outcome: message.Refused, Reason: ReasonOf(r.Status)}
	if s.Reason == message.ReasonPanic {
		s.Outcome = message.Failed
	}
	return s
}
