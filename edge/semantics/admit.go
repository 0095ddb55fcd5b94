package semantics

import (
	"brink/edge/message"
	"brink/edge/wire"
)

// Action is what becomes of a request.
type Action uint8

const (
	Lookup Action = iota // ask the cache first
	Pass                 // ask the origin, past the cache
	Refuse               // answer with Plan.Status
)

// Plan is what to do with a request, and why.
type Plan struct {
	Action Action
	Reason message.Reason // for Pass and Refuse
	Status int            // for Refuse

	Culprit string // the part of the request that the reason is about; empty: the reason says all
}

// Admit decides whether a request may be answered from the cache. d is what
// RequestDirectives says of it. A PURGE is refused: those that a site allows do not
// come here.
//
// A request with no-store is looked up like any other: the directive forbids
// to keep the response to it, which Store sees to, not to answer it (RFC 9111
// section 5.2.1.5).
func Admit(r *message.Request, rules *Rules, d *Directives) Plan {
	switch r.Method {
	case message.GET, message.HEAD:
	case message.TRACE, message.CONNECT, message.PURGE:
		return Plan{Action: Refuse, Reason: message.ReasonMethodRefused, Status: 405}
	}
	if r.Fields.Has(wire.Expect) && !expectsContinue(&r.Fields) {
		return Plan{Action: Refuse, Reason: message.ReasonExpectation, Status: 417}
	}
	reason, culprit := passReason(r, rules), ""
	if reason == message.ReasonNone {
		if culprit = rules.Bypass.bypasses(r); culprit != "" {
			reason = message.ReasonBypass
		} else if culprit = forged(r, &rules.Key); culprit != "" {
			reason = message.ReasonForgedField
		}
	}
	switch {
	case reason == message.ReasonNone:
		return Plan{}
	case d.Has(OnlyIfCached):
		// RFC 9111 section 5.2.1.7: nothing stored can answer it.
		return Plan{Action: Refuse, Reason: message.ReasonOnlyIfCached, Status: 504}
	}
	return Plan{Action: Pass, Reason: reason, Culprit: culprit}
}

// passReason names why the cache is out of question for r and what comes back,
// or ReasonNone.
func passReason(r *message.Request, rules *Rules) message.Reason {
	switch {
	case r.Method != message.GET && r.Method != message.HEAD:
		return message.ReasonMethod
	case rules.Off:
		return message.ReasonCacheOff
	case r.Upgrade != nil:
		return message.ReasonUpgrade
	case r.Body != nil:
		return message.ReasonRequestBody
	case suspect(&r.URL, rules):
		return message.ReasonSuspectPath
	case wire.ConnectionAuth(&r.Fields, wire.Authorization):
		return message.ReasonConnectionAuth
	case r.Fields.Has(wire.IfMatch) || r.Fields.Has(wire.IfUnmodifiedSince):
		// They depend on the current state of the resource (RFC 9110 sections
		// 13.1.1 and 13.1.4), which the stored response may no longer be.
		return message.ReasonPrecondition
	}
	return message.ReasonNone
}

// expectsContinue reports whether 100-continue is all that is expected (RFC
// 9110 section 10.1.1).
func expectsContinue(f *wire.Fields) bool {
	for i := f.First(wire.Expect); i >= 0; i = f.Next(i) {
		if !wire.EqualFold(f.List[i].Value, "100-continue") {
			return false
		}
	}
	return true
}
