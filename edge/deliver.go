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
// the request that leads. It reports false, without an answer, if the response
// is another variant than the one asked for, or if only the leader could get it
// because of its request.
func (n *Node) deliver(x *message.Exchange, v *visit, fill *store.Fill, f *fetch) bool {
	wait := fill.Wait
	if f != nil {
		wait = fill.WaitClaimed
	}
	outcome := wait(v.leash.Done())
	if outcome == store.GaveUp {
		v.status.Fetched = f != nil
		if f != nil {
			f.led.leave(f)
		}
		n.clientGone(x, v)
		return true
	}
	v.holds(x, f)
	x.Now = n.now()
	if f != nil {
		v.fetched(f)
	}
	switch outcome {
	case store.Started, store.Resolved:
		return n.deliverObject(x, v, fill, f, outcome)
	case store.Declined:
		if f == nil && n.mayJoinAnother(x, v, fill.Reason()) {
			return false
		}
		n.deliverDeclined(x, v, f)
	default:
		if f == nil && n.mayTryAnother(x, v, fill.Err()) {
			return false
		}
		n.unfetched(x, v, f, fill.Err())
	}
	return true
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
func (v *visit) waitsAgain(now store.Instant) bool {
	v.vain++
	return v.vain <= maxRefused && now-v.began < maxPatience
}

// mayJoinAnother reports whether a request that waited for a response which is not
// shared may get one from another fetch. It may if the reason was in the
// leader's request, or if the leader's client is known by its request and this one is
// not: see semantics.Known. It also may if there are stored responses for the URL.
func (n *Node) mayJoinAnother(x *message.Exchange, v *visit, verdict uint8) bool {
	if verdict == store.Overflowed || verdict == store.Desertion {
		return false
	}
	reason := message.Reason(verdict &^ ofKnown)
	switch {
	case reason == message.ReasonRequestStatus:
		return v.waitsAgain(x.Now)
	case ofRequest(reason):
		return true
	case verdict&ofKnown != 0:
		return !semantics.Known(&x.Request, &v.rule.Semantics, v.selectors...)
	}
	return v.found != nil && v.waitsAgain(x.Now)
}

// mayTryAnother reports whether a request that waited for a fetch which failed may
// wait for another one: a connection was made and no answer came, which may be how
// the origin refuses the leader's request. Or the fetch lost its slot because nobody
// waited, and this one came at that moment.
func (n *Node) mayTryAnother(x *message.Exchange, v *visit, err error) bool {
	var fault *origin.Error
	switch {
	case !errors.As(err, &fault):
		return false
	case fault.Kind == origin.Unwanted:
	case !fault.Kind.Connected() || fault.Kind.Status() != 502:
		return false
	}
	return !n.mayStandIn(x, v, failureOf(err)) && v.waitsAgain(x.Now)
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
func (n *Node) deliverDeclined(x *message.Exchange, v *visit, f *fetch) {
	if f != nil && f.doubted {
		n.refresh(x, v)
	}
	switch {
	case f == nil:
		v.status.Reason = message.ReasonUncacheable
		n.alone(x, v)
	case f.renewed != nil:
		n.answerRenewed(x, v, f.renewed)
	default:
		n.give(x, v, f.declined)
	}
}

// unfetched answers where a fetch brought nothing to share: with a stored
// response if that is allowed, else with what the origin said instead, which
// another request's fetch does not have.
func (n *Node) unfetched(x *message.Exchange, v *visit, f *fetch, err error) {
	var answered errOriginStatus
	switch {
	case !errors.As(err, &answered):
		n.failed(x, v, err)
	case n.standIn(x, v, semantics.Answered):
		if f != nil {
			f.declined.Close()
		}
	case f != nil:
		n.give(x, v, f.declined)
	default:
		v.found = nil
		n.alone(x, v)
	}
}

// deliverObject answers with the response of a fill: whole, or still growing.
func (n *Node) deliverObject(x *message.Exchange, v *visit, fill *store.Fill, f *fetch, outcome store.Outcome) bool {
	o := fill.Object()
	if f == nil {
		if fill.Outdated(v.seen) {
			if outcome == store.Started {
				fill.Leave()
			}
			return false
		}
		selected := n.selects(x, v, o)
		if shared := selected && v.shares(&x.Request, o, purge.Untouched, x.Now); !shared {
			if outcome == store.Started {
				fill.Leave()
			}
			if selected {
				n.alone(x, v)
			}
			return selected
		}
		v.status.Collapsed = true
	}
	if outcome == store.Resolved {
		n.answerRenewed(x, v, o)
		return true
	}
	n.got(x, v, o)
	v.status.Outcome = message.Miss
	v.age = ageOnArrival(f, o, x.Now)
	n.stream(x, v, fill, o)
	return true
}

// got makes o, which has just come, the response to answer with.
func (n *Node) got(x *message.Exchange, v *visit, o *store.Object) {
	v.found = o
	v.decision = semantics.Judge(&o.Lifetime, &v.directives, &v.rule.Semantics, purge.Untouched, x.Now)
	v.status.TTL, v.status.HasTTL = v.decision.TTL, true
}

// answerRenewed answers with a whole response that the origin has just
// validated.
func (n *Node) answerRenewed(x *message.Exchange, v *visit, o *store.Object) {
	answer := semantics.Evaluate(&x.Request, o, v.spans[:0])
	if !n.reach(x, v, o, &answer) {
		v.index = nil // what it lists may be gone, too
		n.alone(x, v)
		return
	}
	n.got(x, v, o)
	v.status.Outcome = message.Revalidated
	v.age = semantics.Age(&o.Lifetime, x.Now)
	n.answer(x, v, o, &answer)
}

// selects reports whether the request selects o among the URL's variants.
func (n *Node) selects(x *message.Exchange, v *visit, o *store.Object) bool {
	switch {
	case o.Key == v.key && len(o.Selector) == 0:
		return true
	case len(o.Selector) == 0: // it does not vary, whatever was thought before
		return o.Key == v.primary
	}
	if string(semantics.AppendVariant(nil, x.Key, o.Selector, &x.Request.Fields, &v.rule.Semantics)) == o.Text {
		return true
	}
	return semantics.ByLanguage(o.Selector) && semantics.InLanguage(o, semantics.FavouriteLanguage(nil, &x.Request.Fields))
}

// holds makes the visit close the response that f leaves to it, and end it when
// the client leaves.
func (v *visit) holds(x *message.Exchange, f *fetch) {
	if f == nil || f.declined == nil {
		return
	}
	v.closer = f.declined
	if f.led != nil {
		v.leash = &f.led.leash
		x.Client.Watch(v.leash)
	}
}

// fetched takes over what a fetch found out.
func (v *visit) fetched(f *fetch) {
	v.status.Fetched = true
	v.status.FwdStatus = f.status
	v.status.Store, v.status.Detail = f.refusal.Reason, message.DetailOf(f.refusal.Culprit)
	v.cookies = f.cookies
	v.status.Stored = f.stored
}
