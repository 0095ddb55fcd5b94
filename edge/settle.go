package edge

import (
	"bytes"
	"context"
	"fmt"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// errOriginStatus is an error response that a stored one is preferred to.
type errOriginStatus int

func (e errOriginStatus) Error() string { return fmt.Sprintf("origin answered %d", int(e)) }

// renew ends the fill with the stored response that a 304 validated, its
// fields updated. It reports false if the 304 validates none of them.
func (f *fetch) renew(resp *origin.Response) bool {
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	old := semantics.Validated(&response, f.candidates)
	if old == nil {
		return false
	}
	times := semantics.Times{Asked: f.asked, Answered: f.node.now()}
	o := f.node.merge(old, f.stamp, &response, f.rule, times, f.request)
	why := semantics.MergedReason(f.request, o, &response, &f.rule.Semantics, times)
	if why.Stored() && semantics.SearchChanged(old, o) {
		var fields wire.Fields
		semantics.FieldsOf(&o.Head, &fields)
		if !f.learnSearch(&fields) {
			why.Reason = message.ReasonVaryMiss
		}
	}
	f.keepCookies(&resp.Fields)
	resp.Close()
	f.renewed = o
	switch {
	case !why.Stored():
		f.release(why)
	case rekeyed(old, o):
		f.rekey(o)
	case f.fill == nil:
		f.storable()
		f.node.store.Replace(old, o)
	default:
		f.storable()
		f.fill.Resolve(o)
	}
	return true
}

// storable notes that the response is stored: whatever was remembered of its
// URL, requests for it need not fetch on their own any more.
func (f *fetch) storable() {
	f.stored = true
	f.forget()
	f.answered(f.renewed.Key)
	f.forgetFull()
}

// take decides about a final response and ends the fill with it.
func (f *fetch) take(ctx context.Context, resp *origin.Response) {
	if semantics.IsError(resp.Status) && f.preferStored() {
		status := resp.Status
		f.keep(resp)
		f.giveUp(errOriginStatus(status))
		return
	}
	if f.completing && (resp.Status == 206 || resp.Status == 416) {
		f.completePart(ctx, resp)
		return
	}
	o, why := f.judge(resp)
	if why.Stored() && f.rule.Semantics.Refuses(resp.Status) && f.outweighed() {
		f.doubted = !f.refreshes()
		why = semantics.Refusal{Reason: message.ReasonRequestStatus}
	}
	if why.Stored() {
		if why = f.share(o, resp); why.Stored() {
			f.follow(func(f *fetch) { f.pump(resp) })
			return
		}
	}
	f.decline(resp, why)
}

// preferStored reports whether a stored response may stand in for an error.
func (f *fetch) preferStored() bool {
	for _, o := range f.candidates {
		if semantics.UsableOnError(&o.Lifetime, o.Head.Status, semantics.Answered, &f.directives, &f.rule.Semantics, f.node.store.Verdict(o), f.node.now()) {
			return true
		}
	}
	return false
}

// decline gives the response to the leader alone and releases all waiters.
func (f *fetch) decline(resp *origin.Response, why semantics.Refusal) {
	f.keep(resp)
	f.release(why)
}

// keep leaves the response to the request that waits for it, if one does.
func (f *fetch) keep(resp *origin.Response) {
	f.keepCookies(&resp.Fields)
	resp.ServeTo(nil) // it is for one client alone
	switch {
	case f.led != nil:
		f.led.offer(f, resp)
	case f.client != nil:
		f.declined = resp
	default:
		resp.Close()
	}
}

// release ends the fill with nothing to share: all who wait fetch on their own, or
// join another fetch if the leader's request may be what kept the response from
// being shared.
//
// Only a request of the node's own can show that the stored response is out of date. If
// a client's request suggests it, the node makes a request of its own.
func (f *fetch) release(why semantics.Refusal) {
	f.refusal, f.stored = why, false
	f.pauseRefresh()
	if f.refreshes() && f.rule.Semantics.Refuses(f.status) {
		f.refreshRefused()
	}
	switch {
	case !f.supersedes(why.Reason):
	case f.refreshes() || f.rule.Semantics.Evicts(f.status):
		f.evict()
	default:
		f.doubted = len(f.old()) > 0
	}
	f.remember(why.Reason)
	if f.fill != nil {
		f.fill.Decline(f.verdictFor(why.Reason))
	}
}

// evict drops the stored responses that the fetch was to renew: the origin's newest
// answer may not be stored, and an older one must not outlive it.
func (f *fetch) evict() {
	for _, o := range f.old() {
		f.node.store.Delete(o.Key)
	}
}

// old lists the stored responses that the fetch's response replaces.
func (f *fetch) old() []*store.Object {
	if f.held != nil {
		return []*store.Object{f.held}
	}
	return f.candidates
}

// supersedes reports whether a response that is not stored, for this reason,
// shows that what is stored is out of date. One that was not stored because of
// the request that it answers, or for want of memory, does not show what
// others get. Neither does one that is about the request or the server, and not about
// the resource (RFC 9111 section 4.3.3).
func (f *fetch) supersedes(reason message.Reason) bool {
	if ofRequest(reason) || reason == message.ReasonBusy || reason == message.ReasonConnectionAuth || f.provoked() {
		return false
	}
	if f.rule.Semantics.Evicts(f.status) {
		return true
	}
	return !semantics.Known(f.request, &f.rule.Semantics, f.selectors...) // it may be for that client only
}

// provoked reports whether the origin answered with an error that the fetch's
// request may have provoked by what it carries.
func (f *fetch) provoked() bool { return f.rule.Semantics.Provoked(f.status) }

// outweighed reports whether a stored response is kept although the origin refused the
// fetch's request with an error that may be stored. If the request was the node's own,
// the stored response is kept only while it may be served stale.
func (f *fetch) outweighed() bool {
	for _, o := range f.old() {
		if o.Head.Status < 400 && (!f.refreshes() || semantics.Lasts(&o.Lifetime, o.Head.Status, &f.rule.Semantics, f.node.store.Verdict(o), f.node.now())) {
			return true
		}
	}
	return false
}

// indexLanguage makes o known as the response in its language.
func (f *fetch) indexLanguage(o *store.Object) {
	var fields wire.Fields
	semantics.FieldsOf(&o.Head, &fields)
	if tag := semantics.ContentLanguage(&fields); tag != "" {
		f.node.store.IndexLanguage(f.primary, string(f.text), tag, o)
	}
}

// decide says whether a response is to be stored, for how long, and by which
// request fields it was selected.
func (f *fetch) decide(resp *origin.Response, t semantics.Times) (store.Lifetime, store.Selector, semantics.Refusal) {
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	return semantics.Store(f.request, &response, &f.rule.Semantics, t)
}

// keepCookies keeps the Set-Cookie of a response for the request that fetched it,
// if that waits, and for nobody else.
// A cookie that the client has already, and that the rule kept from the origin, is
// not set anew: a page that starts a session for clients without one would end the
// client's own.
func (f *fetch) keepCookies(fields *wire.Fields) {
	f.cookies = nil
	if f.client == nil && f.led == nil || f.rule.Semantics.StoreSetCookie {
		return
	}
	semantics.EachSetCookie(f.request, &f.rule.Semantics, fields, func(value []byte) {
		f.cookies = append(f.cookies, bytes.Clone(value))
	})
}

// judge makes the object of a response, or says why it is not to be stored.
func (f *fetch) judge(resp *origin.Response) (*store.Object, semantics.Refusal) {
	times := semantics.Times{Asked: f.asked, Answered: f.node.now()}
	life, selector, why := f.decide(resp, times)
	if !why.Stored() {
		return nil, why
	}
	f.age = semantics.ReceivedAge(&resp.Fields)
	if !f.learnSearch(&resp.Fields) {
		return nil, semantics.Refusal{Reason: message.ReasonVaryMiss}
	}
	names := f.node.purges.Names()
	o := &store.Object{
		Primary: f.url, Site: names.Site(f.site.Name), Tags: semantics.Tags(names, &f.request.URL, &resp.Fields),
		Lifetime: life, Stamp: f.stamp, Length: max(resp.Length, 0), Selector: selector, Admission: f.rule.Disk,
	}
	if resp.Status == 206 {
		first, last, whole, ok := semantics.ParseContentRange(&resp.Fields)
		length := last - first + 1
		if !ok || whole < 0 || !f.ranged && !f.completing || resp.Length >= 0 && resp.Length != length {
			return nil, semantics.Refusal{Reason: message.ReasonBadRange}
		}
		o.Partial = &store.Partial{First: first, Whole: whole}
		o.Length = length
	}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(times.Answered/store.Second), f.rule.SharedHead)
	f.keepCookies(&resp.Fields)
	f.place(o)
	return o, semantics.Refusal{}
}

// place gives o its key: the URL's, or that of the variant it is.
func (f *fetch) place(o *store.Object) {
	if len(o.Selector) == 0 {
		o.Key, o.Text = f.primary, string(f.text)
		return
	}
	text := semantics.AppendVariant(nil, f.text, o.Selector, &f.request.Fields, &f.rule.Semantics)
	o.Key, o.Text = f.node.store.Hash(text), string(text)
}

// start shares o with all who wait, and makes it known as a variant if it is
// one. The order counts: from Start on the fill is found under o's own key.
func (f *fetch) start(o *store.Object, length int64) (err error) {
	if f.own {
		// Others may share the response: it must not end when this client leaves.
		f.client.Watch(nil)
		defer func() {
			if err != nil {
				f.client.Watch(f.leash)
			}
		}()
		if err = f.leash.Err(); err != nil {
			return err
		}
	}
	if f.fill == nil {
		f.fill = f.node.store.BeginPrivate(o.Key, f.url, o.Text)
	}
	f.fill.Limit(f.rule.Semantics.MaxObject)
	if err := f.fill.Start(o, length); err != nil {
		return err
	}
	f.index(o)
	return nil
}
