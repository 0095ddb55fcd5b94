package edge

import (
	"errors"

	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// follow waits for the fill of another request's fetch and answers with what it brings. The
// request looks again, and may join another fetch, if the response is another variant than
// the one asked for, or if only the leader could get it because of its request.
func (n *Node) follow(x *exchange, fill *store.Fill) step {
	outcome := fill.Wait(x.canceller.Done())
	if outcome == store.GaveUp {
		n.clientGone(x)
		return stepDone
	}
	x.Now = n.now()
	switch outcome {
	case store.Started, store.Resolved:
		return n.followObject(x, fill, outcome)
	case store.Declined:
		if n.mayJoinAnother(x, fetch.Verdict(fill.Reason())) {
			return n.lookAgain(x, fill)
		}
		return n.uncacheable(x)
	case store.TooLate:
		return n.uncacheable(x)
	}
	if n.mayTryAnother(x, fill.Err()) {
		return n.lookAgain(x, fill)
	}
	return n.followFailure(x, fill.Err())
}

// uncacheable fetches alone, because another request's fetch shares nothing.
func (n *Node) uncacheable(x *exchange) step {
	x.status.Reason = message.ReasonUncacheable
	return stepFetch
}

// followObject answers with the response of another request's fetch: whole, or still
// growing.
func (n *Node) followObject(x *exchange, fill *store.Fill, outcome store.Outcome) step {
	o := fill.Object()
	outdated := fill.Outdated(x.seen)
	selected := !outdated && n.selects(x, o)
	if !selected || !x.shares(o, purge.Untouched, x.Now) {
		if outcome == store.Started {
			fill.Leave()
		}
		if selected {
			return stepFetch
		}
		return n.lookAgain(x, fill)
	}
	x.status.Collapsed = true
	if outcome == store.Resolved {
		return n.answerRenewed(x, o)
	}
	n.answerArriving(x, fill, ageOnArrival(o, x.Now))
	return stepDone
}

// followFailure answers where another request's fetch failed. What the origin said instead
// is that request's, so this one asks for itself.
func (n *Node) followFailure(x *exchange, err error) step {
	var answered fetch.StatusError
	switch {
	case !errors.As(err, &answered):
		n.failed(x, err)
	case !n.standIn(x, semantics.Answered):
		x.found = nil
		return stepFetch
	}
	return stepDone
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
	x.vainWaits++
	return x.vainWaits <= maxRefused && now-x.began < maxPatience
}

// mayJoinAnother reports whether a request that waited for a response which is not
// shared may get one from another fetch. It may if the reason was in the
// leader's request, or if the leader's client is known by its request and this one is
// not: see semantics.IdentifiesUser. It also may if there are stored responses for the URL.
func (n *Node) mayJoinAnother(x *exchange, verdict fetch.Verdict) bool {
	switch reason := verdict.Reason(); {
	case reason == message.ReasonRequestStatus:
		return x.waitsAgain(x.Now)
	case fetch.OfRequest(reason):
		return true
	case verdict.OfKnown():
		return !semantics.IdentifiesUser(&x.Request, &x.rule.Semantics, x.selectors...)
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

// conclude answers with what the request's own fetch came to, or the fetch that it led.
func (n *Node) conclude(x *exchange, r *fetch.Result) step {
	resp := x.takeOver(r)
	x.Now = n.now()
	x.noteFetch(r)
	if r.Recheck {
		n.refresh(x)
	}
	switch r.Kind {
	case fetch.Shared:
		n.answerArriving(x, r.Fill, r.Age)
	case fetch.Renewed:
		return n.answerRenewed(x, r.Object)
	case fetch.Private:
		n.answerPrivate(x, resp)
	case fetch.Failed:
		n.fetchFailed(x, resp, r.Err)
	}
	return stepDone
}

// takeOver makes the exchange the owner of the result's response, and ends the work for the
// client by the canceller of the result. It returns the response; nil if there is none.
func (x *exchange) takeOver(r *fetch.Result) *origin.Response {
	resp := r.Take()
	if resp != nil {
		x.closer = resp
	}
	if r.Canceller != nil {
		x.canceller, x.attended = r.Canceller, true
		x.Client.Watch(x.canceller)
	}
	return resp
}

// noteFetch notes the facts that a fetch found out.
func (x *exchange) noteFetch(r *fetch.Result) {
	x.status.Fetched = true
	x.status.FwdStatus = r.Status
	x.status.Store, x.status.Detail = r.Refusal.Reason, message.DetailOf(r.Refusal.Culprit)
	x.cookies = r.Cookies
	x.status.Stored = r.Stored
}

// fetchFailed answers where the request's own fetch failed: with a stored response if that is
// allowed, else with what the origin answered, if it did, else with an error.
func (n *Node) fetchFailed(x *exchange, resp *origin.Response, err error) {
	var answered fetch.StatusError
	switch {
	case resp == nil || !errors.As(err, &answered):
		n.failed(x, err)
	case n.standIn(x, semantics.Answered):
		resp.Close()
	default:
		n.answerPrivate(x, resp)
	}
}

// answerArriving answers with the response of a fill as it arrives.
func (n *Node) answerArriving(x *exchange, fill *store.Fill, age int64) {
	o := fill.Object()
	n.setFound(x, o)
	x.status.Outcome = message.Miss
	x.age = age
	n.stream(x, fill, o)
}

// setFound makes o, which has just come, the response to answer with.
func (n *Node) setFound(x *exchange, o *store.Object) {
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
	n.setFound(x, o)
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
	if string(semantics.AppendVariant(nil, x.KeyText, o.Selector, &x.Request.Fields, &x.rule.Semantics)) == o.Text {
		return true
	}
	return semantics.ByLanguage(o.Selector) && semantics.InLanguage(o, semantics.FavouriteLanguage(nil, &x.Request.Fields))
}
