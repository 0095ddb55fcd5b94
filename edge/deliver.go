package edge

import (
	"errors"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// deliver waits for the fill and answers with what it brings. f is not nil for
// the request that leads. The request looks again, and may join another fetch, if the
// response is another variant than the one asked for, or if only the leader could get it
// because of its request.
func (n *Node) deliver(x *exchange, fill *store.Fill, f *fetch) step {
	wait := fill.Wait
	if f != nil {
		wait = fill.WaitClaimed
	}
	outcome := wait(x.leash.Done())
	if outcome == store.GaveUp {
		x.status.Fetched = f != nil
		if f != nil {
			f.led.leave(f)
		}
		n.clientGone(x)
		return stepDone
	}
	x.holds(f)
	x.Now = n.now()
	if f != nil {
		x.fetched(f)
	}
	switch outcome {
	case store.Started, store.Resolved:
		return n.deliverObject(x, fill, f, outcome)
	case store.Declined:
		if f == nil && n.mayJoinAnother(x, fill.Reason()) {
			return n.lookAgain(x, fill)
		}
		return n.deliverDeclined(x, f)
	case store.TooLate:
		return n.deliverDeclined(x, f)
	}
	if f == nil && n.mayTryAnother(x, fill.Err()) {
		return n.lookAgain(x, fill)
	}
	return n.unfetched(x, f, fill.Err())
}

// ofKnown is added to a reason where the leader's client was one that the origin
// could know: what was said to it may be for it alone.
const ofKnown = 0x80

// verdictFor is what those who wait are told of a response that is not shared.
func (f *fetch) verdictFor(reason message.Reason) uint8 {
	if f.provoked() {
		reason = message.ReasonRequestStatus
	}
	if semantics.Known(f.request, &f.rule.Semantics, f.selectors...) {
		return uint8(reason) | ofKnown
	}
	return uint8(reason)
}

// The origin may refuse everybody. So after a leader was refused, a request waits for
// another one at most maxRefused times, and only within maxPatience.
const (
	maxRefused  = 2
	maxPatience = 5 * store.Second
)

// waitsAgain counts a wait for a leader whose request the origin may have refused. It
// reports whether this request may wait for another leader.
func (x *exchange) waitsAgain(now store.Instant) bool {
	x.vain++
	return x.vain <= maxRefused && now-x.began < maxPatience
}

// mayJoinAnother reports whether a request that waited for a response which is not
// shared may get one from another fetch. It may if the reason was in the
// leader's request, or if the leader's client is known by its request and this one is
// not: see semantics.Known. It also may if there are stored responses for the URL.
func (n *Node) mayJoinAnother(x *exchange, verdict uint8) bool {
	reason := message.Reason(verdict &^ ofKnown)
	switch {
	case reason == message.ReasonRequestStatus:
		return x.waitsAgain(x.Now)
	case ofRequest(reason):
		return true
	case verdict&ofKnown != 0:
		return !semantics.Known(&x.Request, &x.rule.Semantics, x.selectors...)
	}
	return x.found != nil && x.waitsAgain(x.Now)
}

// mayTryAnother reports whether a request that waited for a fetch which failed may
// wait for another one: a connection was made and no answer came, which may be how
// the origin refuses the leader's request. Or the fetch lost its slot because nobody
// waited, and this one came at that moment.
func (n *Node) mayTryAnother(x *exchange, err error) bool {
	var fault *origin.Error
	switch {
	case !errors.As(err, &fault):
		return false
	case fault.Kind == origin.Unwanted:
	case !fault.Kind.Connected() || fault.Kind.Status() != 502:
		return false
	}
	return !n.mayStandIn(x, failureOf(err)) && x.waitsAgain(x.Now)
}

// ofRequest reports whether a response was not stored because of the request
// that it answered. The responses to other requests may still be storable.
func ofRequest(reason message.Reason) bool {
	switch reason {
	case message.ReasonUnkeyedField, message.ReasonAuthorization, message.ReasonCookie, message.ReasonRequestNoStore,
		message.ReasonRequestStatus:
		return true
	}
	return false
}

// deliverDeclined answers where a fetch shares nothing: with what it brought the
// request that fetched it, by a fetch of its own any other.
func (n *Node) deliverDeclined(x *exchange, f *fetch) step {
	if f != nil && f.doubted {
		n.refresh(x)
	}
	switch {
	case f == nil:
		x.status.Reason = message.ReasonUncacheable
		return stepFetch
	case f.renewed != nil:
		return n.answerRenewed(x, f.renewed)
	}
	n.give(x, f.declined)
	return stepDone
}

// unfetched answers where a fetch brought nothing to share: with a stored
// response if that is allowed, else with what the origin said instead, which
// another request's fetch does not have.
func (n *Node) unfetched(x *exchange, f *fetch, err error) step {
	var answered errOriginStatus
	switch {
	case !errors.As(err, &answered):
		n.failed(x, err)
	case n.standIn(x, semantics.Answered):
		if f != nil {
			f.declined.Close()
		}
	case f != nil:
		n.give(x, f.declined)
	default:
		x.found = nil
		return stepFetch
	}
	return stepDone
}

// deliverObject answers with the response of a fill: whole, or still growing.
func (n *Node) deliverObject(x *exchange, fill *store.Fill, f *fetch, outcome store.Outcome) step {
	o := fill.Object()
	if f == nil {
		if fill.Outdated(x.seen) {
			if outcome == store.Started {
				fill.Leave()
			}
			return n.lookAgain(x, fill)
		}
		selected := n.selects(x, o)
		if shared := selected && x.shares(o, purge.Untouched, x.Now); !shared {
			if outcome == store.Started {
				fill.Leave()
			}
			if selected {
				return stepFetch
			}
			return n.lookAgain(x, fill)
		}
		x.status.Collapsed = true
	}
	if outcome == store.Resolved {
		return n.answerRenewed(x, o)
	}
	n.got(x, o)
	x.status.Outcome = message.Miss
	x.age = ageOnArrival(f, o, x.Now)
	n.stream(x, fill, o)
	return stepDone
}

// got makes o, which has just come, the response to answer with.
func (n *Node) got(x *exchange, o *store.Object) {
	x.found = o
	x.decision = semantics.Judge(&o.Lifetime, &x.directives, &x.rule.Semantics, purge.Untouched, x.Now)
	x.status.TTL, x.status.HasTTL = x.decision.TTL, true
}

// answerRenewed answers with a whole response that the origin has just
// validated.
func (n *Node) answerRenewed(x *exchange, o *store.Object) step {
	answer := semantics.Evaluate(&x.Request, o, x.spans[:0])
	if !n.bodyReady(x, o, &answer) {
		x.index = nil // what it lists may be gone, too
		return stepFetch
	}
	n.got(x, o)
	x.status.Outcome = message.Revalidated
	x.age = semantics.Age(&o.Lifetime, x.Now)
	n.answer(x, o, &answer)
	return stepDone
}

// selects reports whether the request selects o among the URL's variants.
func (n *Node) selects(x *exchange, o *store.Object) bool {
	switch {
	case o.Key == x.key && len(o.Selector) == 0:
		return true
	case len(o.Selector) == 0: // it does not vary, whatever was thought before
		return o.Key == x.primary
	}
	if string(semantics.AppendVariant(nil, x.Key, o.Selector, &x.Request.Fields, &x.rule.Semantics)) == o.Text {
		return true
	}
	return semantics.ByLanguage(o.Selector) && semantics.InLanguage(o, semantics.FavouriteLanguage(nil, &x.Request.Fields))
}

// holds makes the exchange close the response that f leaves to it, and end it when
// the client leaves.
func (x *exchange) holds(f *fetch) {
	if f == nil || f.declined == nil {
		return
	}
	x.closer = f.declined
	if f.led != nil {
		x.leash = &f.led.leash
		x.Client.Watch(x.leash)
	}
}

// fetched takes over what a fetch found out.
func (x *exchange) fetched(f *fetch) {
	x.status.Fetched = true
	x.status.FwdStatus = f.status
	x.status.Store, x.status.Detail = f.refusal.Reason, message.DetailOf(f.refusal.Culprit)
	x.cookies = f.cookies
	x.status.Stored = f.stored
}
