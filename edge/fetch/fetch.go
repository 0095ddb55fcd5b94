package fetch

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// fetch is the second phase: it decides what the responses are good for. It belongs to one
// goroutine.
type fetch struct {
	asking
	notes

	alone bool        // it runs in the goroutine of the only request that waits
	led   *Led        // nil: it has no leader
	fill  *store.Fill // nil: nobody else waits, and nothing is shared yet

	result Result // what is known of the result
}

// run asks the origin, and decides. If the content is to be moved, it returns that as the
// last phase, and nil otherwise.
func (f *fetch) run(ctx context.Context) (b *body) {
	defer f.survive()
	a, err := f.ask(ctx, question{validates: f.Validates, ranged: f.Ranged, part: f.Part})
	if err == nil && a.response.Status == 304 && f.Validates != nil {
		if f.renew(a) {
			return nil
		}
		f.drop() // it validates another response than the stored one
		a, err = f.ask(ctx, question{})
	}
	if err != nil {
		f.fail(err, nil)
		return nil
	}
	return f.decide(ctx, a)
}

// ask sends a request.
func (f *fetch) ask(ctx context.Context, q question) (answer, error) {
	a, err := f.send(ctx, q)
	if err == nil {
		f.result.Status = a.response.Status
	}
	return a, err
}

// survive, deferred, ends the fetch after a panic.
func (f *fetch) survive() {
	p := recover()
	if p == nil {
		return
	}
	f.Panicked(p, debug.Stack())
	f.drop()
	f.fail(fmt.Errorf("%w: %v", ErrFault, p), nil)
}

// waited reports whether a request waits for the result.
func (f *fetch) waited() bool { return f.alone || f.led != nil }

// decide ends the fetch with a response that is no answer to a condition. It returns the
// last phase if the response is shared.
func (f *fetch) decide(ctx context.Context, a answer) *body {
	resp, rules := a.response, &f.Rule.Semantics
	if semantics.IsError(resp.Status) && f.mayStandIn() {
		f.keepCookies(&resp.Fields)
		f.fail(StatusError(resp.Status), resp)
		return nil
	}
	if a.ofRest && (resp.Status == 206 || resp.Status == 416) {
		return f.completePart(ctx, a)
	}
	o, why := f.object(a)
	if why.Stored() && rules.Refuses(resp.Status) && f.outweighed() {
		f.result.Recheck = !f.isRefresh()
		why = semantics.Refusal{Reason: message.ReasonRequestStatus}
	}
	if why.Stored() {
		if why = f.share(o, resp); why.Stored() {
			return f.mover(resp)
		}
	}
	f.decline(resp, why)
	return nil
}

// mayStandIn reports whether the stored response may stand in for an error.
func (f *fetch) mayStandIn() bool {
	o := f.Validates
	return o != nil && semantics.UsableOnError(&o.Lifetime, o.Head.Status, semantics.Answered, &f.Directives, &f.Rule.Semantics,
		f.Store.Verdict(o), f.Now())
}

// outweighed reports whether the stored response is kept although the origin refused the
// fetch's request with an error that may be stored. If the request was the node's own,
// the stored response is kept only while it may be served stale.
func (f *fetch) outweighed() bool {
	o := f.old()
	return o != nil && o.Head.Status < 400 &&
		(!f.isRefresh() || semantics.Lasts(&o.Lifetime, o.Head.Status, &f.Rule.Semantics, f.Store.Verdict(o), f.Now()))
}

// hand gives the result to the request that waits for it. If resp is not nil, the result
// owns it from here on, and the fetch does not. If no request waits, it is closed. The fill
// is told after that, because this wakes the leader. Until then a later call may replace the
// result, as after a panic or when the store has no memory.
func (f *fetch) hand(kind Kind, resp *origin.Response) {
	if resp != nil {
		resp.ServeTo(nil)
		f.held = nil
	}
	f.result.Close() // of an earlier call
	f.result.Kind, f.result.response = kind, resp
	switch {
	case f.led != nil:
		f.led.offer(f.result)
		f.result.response = nil // the leader's, or closed
	case !f.alone:
		f.result.Close()
	}
}

// fail ends the fetch without a response to share. resp is what the origin answered, if
// err says so.
func (f *fetch) fail(err error, resp *origin.Response) {
	f.pauseRefresh()
	f.noteUnanswered(err)
	if !f.waited() { // nobody else reports it
		f.state.failed(err)
	}
	f.result.Err, f.result.Stored, f.result.Recheck = err, false, false
	f.hand(Failed, resp)
	if f.fill != nil {
		f.fill.Fail(err)
	}
}

// decline ends the fetch with a response for the request that waits for it, and nobody else.
func (f *fetch) decline(resp *origin.Response, why semantics.Refusal) {
	f.keepCookies(&resp.Fields)
	f.refuse(why)
	f.hand(Private, resp)
	f.tellRefusal(why)
}

// refuse notes that the response is not stored. All who wait fetch on their own, or join
// another fetch if the leader's request may be what kept the response from being shared.
//
// Only a request of the node's own can show that the stored response is out of date. If
// a client's request suggests it, the node makes a request of its own.
func (f *fetch) refuse(why semantics.Refusal) {
	f.result.Refusal, f.result.Stored = why, false
	f.pauseRefresh()
	if f.isRefresh() && f.Rule.Semantics.Refuses(f.result.Status) {
		f.noteRefused()
	}
	switch old := f.old(); {
	case old == nil || !f.supersedes(why.Reason):
	case f.isRefresh() || f.Rule.Semantics.Evicts(f.result.Status):
		// The origin's newest answer may not be stored, and an older one must not outlive it.
		f.Store.Delete(old.Key)
	default:
		f.result.Recheck = true
	}
	f.keepApart(why.Reason)
}

// tellRefusal wakes those who wait, with the reason why they get nothing.
func (f *fetch) tellRefusal(why semantics.Refusal) {
	if f.fill != nil {
		f.fill.Decline(uint8(f.verdict(why.Reason)))
	}
}

// supersedes reports whether a response that is not stored, for this reason,
// shows that what is stored is out of date. One that was not stored because of
// the request that it answers, or for want of memory, does not show what
// others get. Neither does one that is about the request or the server, and not about
// the resource (RFC 9111 section 4.3.3).
func (f *fetch) supersedes(reason message.Reason) bool {
	if OfRequest(reason) || reason == message.ReasonBusy || reason == message.ReasonConnectionAuth || f.provoked() {
		return false
	}
	if f.Rule.Semantics.Evicts(f.result.Status) {
		return true
	}
	return !semantics.IdentifiesUser(f.Request, &f.Rule.Semantics, f.Selectors...) // it may be for that client only
}

// provoked reports whether the origin answered with an error that the fetch's
// request may have provoked by what it carries.
func (f *fetch) provoked() bool { return f.Rule.Semantics.Provoked(f.result.Status) }

// keepCookies keeps the Set-Cookie of a response for the request that fetched it,
// if that waits, and for nobody else.
// A cookie that the client has already, and that the rule kept from the origin, is
// not set anew: a page that starts a session for clients without one would end the
// client's own.
func (f *fetch) keepCookies(fields *wire.Fields) {
	f.result.Cookies = nil
	if !f.waited() || f.Rule.Semantics.StoreSetCookie {
		return
	}
	semantics.EachSetCookie(f.Request, &f.Rule.Semantics, fields, func(value []byte) {
		f.result.Cookies = append(f.result.Cookies, bytes.Clone(value))
	})
}
