package edge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// fetch is one request to the origin on behalf of a fill. It runs in a
// goroutine of its own, or in that of the only request that waits for it, and
// ends the fill, whatever happens.
//
// What it finds out (status, reason, stored, declined) is written before the
// fill's state changes and read by the leader after it woke: the fill's lock
// orders the two.
type fetch struct {
	node       *Node
	site       *site
	rule       *rule
	request    *message.Request
	id         []byte // for X-Request-ID
	directives semantics.Directives
	text       string // of the primary key
	primary    store.Key
	url        store.Key
	selectors  []store.Selector
	candidates []*store.Object // stored responses to validate, newest first
	part       *store.Object   // what is stored of the representation, if it is a part
	ranged     bool            // ask for the client's range only
	fill       *store.Fill
	markKey    store.Key      // under which to remember that the response is not storable
	pause      store.Key      // of a refresh: under which to remember that it failed; zero otherwise
	client     message.Client // of the leader, which waits; nil: nobody does
	inline     bool           // run by the leader's own goroutine, up to the body

	asked      store.Instant
	status     int // of the origin's response; 0: none came
	reason     message.Reason
	stored     bool
	completing bool             // only what part lacks was asked for
	declined   *origin.Response // for the leader, if the fill was declined
	renewed    *store.Object    // the same for a stored response that a 304 renewed and forbade to share
}

// errOriginStatus is an error response that a stored one is preferred to.
type errOriginStatus int

func (e errOriginStatus) Error() string { return fmt.Sprintf("origin answered %d", int(e)) }

// newFetch readies a fetch for what the visit did not find. r is the request,
// or a copy of it for a fetch that may outlive it.
func (n *Node) newFetch(x *message.Exchange, v *visit, r *message.Request, fill *store.Fill) *fetch {
	f := &fetch{
		node: n, site: v.site, rule: v.rule,
		request:    r,
		directives: v.directives,
		text:       string(x.Key),
		id:         slices.Clone(v.requestID(x)),
		primary:    v.primary, url: v.url,
		selectors: v.selectors,
		markKey:   n.mark(x, v),
		fill:      fill,
	}
	switch {
	case v.found == nil:
	case v.found.Partial != nil:
		f.part = v.found
	case v.decision.Use == semantics.Validate || v.decision.Use == semantics.StaleRefresh:
		f.candidates = append(f.candidates, v.found)
	}
	f.ranged = len(f.candidates) == 0 && r.Fields.Has(wire.Range)
	return f
}

// run asks the origin and ends the fill.
func (f *fetch) run(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			f.node.Panicked(nil, p, debug.Stack())
			f.giveUp(fmt.Errorf("fetch panicked: %v", p))
		}
	}()
	resp, err := f.ask(ctx, f.candidates)
	if err == nil && resp.Status == 304 && len(f.candidates) > 0 {
		if f.renew(resp) {
			return
		}
		// The origin validated something that is not stored: ask for all of it.
		resp.Close()
		resp, err = f.ask(ctx, nil)
	}
	if err != nil {
		f.giveUp(err)
		return
	}
	f.take(ctx, resp)
}

// ask sends the request, conditional on the stored responses given.
func (f *fetch) ask(ctx context.Context, stored []*store.Object) (*origin.Response, error) {
	var fields wire.Fields
	forward := semantics.Forward{
		Node: f.node.id, Scheme: f.request.URL.Scheme, Host: f.host(), Store: true, Honour: f.rule.semantics.HonourClient,
		Cookies: f.rule.semantics.Key.Cookies,
	}
	semantics.ForwardFields(&fields, f.request, &forward, nil)
	semantics.Validators(&fields, stored)
	switch {
	case f.ranged:
		fields.AppendID(wire.Range, f.request.Fields.Get(wire.Range))
	case f.part != nil:
		_, f.completing = semantics.AskRest(&fields, f.part, nil)
	}
	identified(&fields, f.id)
	f.rule.request.fields(&fields)
	f.asked = f.node.now()
	resp, err := f.site.origin.Fetch(ctx, &origin.Request{
		Method: []byte(message.GET.String()), Idempotent: true,
		Target:  semantics.AppendTarget(nil, &f.request.URL, &f.rule.semantics.Key),
		Host:    forward.Host,
		Fields:  &fields,
		Interim: f.interim,
	})
	if err != nil {
		return nil, err
	}
	f.status = resp.Status
	return resp, nil
}

func (f *fetch) host() []byte {
	if f.rule.host != "" {
		return []byte(f.rule.host)
	}
	return f.request.URL.Host
}

// interim passes an informational response on to the client that leads. That
// client's goroutine waits for the fill, so nothing else writes to it.
func (f *fetch) interim(status int, fields *wire.Fields) {
	if f.client == nil {
		return
	}
	var kept wire.Fields
	semantics.InterimFields(&kept, fields)
	// A client that cannot be written to is noticed when the reply is sent.
	_ = f.client.Interim(status, &kept)
}

// renew ends the fill with the stored response that a 304 validated, its
// fields updated. It reports false if the 304 validates none of them.
func (f *fetch) renew(resp *origin.Response) bool {
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	old := semantics.Validated(&response, f.candidates)
	if old == nil {
		return false
	}
	times := semantics.Times{Asked: f.asked, Answered: f.node.now()}
	o := f.node.merge(old, &response, f.rule, times, f.request.Fields.Has(wire.Cookie))
	o.Stamp = f.fill.Stamp()
	reason := semantics.MergedReason(f.request, o, &response, &f.rule.semantics, times)
	resp.Close()
	if reason != message.ReasonNone {
		f.renewed = o
		f.release(reason)
		return true
	}
	f.stored = true
	f.fill.Resolve(o)
	return true
}

// take decides about a final response and ends the fill with it.
func (f *fetch) take(ctx context.Context, resp *origin.Response) {
	if semantics.IsError(resp.Status) && f.preferStored() {
		status := resp.Status
		resp.Close()
		f.giveUp(errOriginStatus(status))
		return
	}
	if resp.Status == 206 && f.completing {
		f.completePart(ctx, resp)
		return
	}
	o, reason := f.judge(resp)
	if reason == message.ReasonNone {
		f.stored = true
		switch err := f.start(o, resp.Length); {
		case err == nil:
			f.follow(func() { f.pump(resp) })
			return
		case errors.Is(err, store.ErrTooLarge):
			reason = message.ReasonTooLarge
		default:
			reason = message.ReasonBusy
		}
	}
	f.decline(resp, reason)
}

// follow moves the body: in a goroutine of its own where the leader's would
// have to do it. From here on the client's request is not looked at.
func (f *fetch) follow(move func()) {
	if f.inline {
		f.node.fetches.Go(move)
		return
	}
	move()
}

// preferStored reports whether a stored response may stand in for an error.
func (f *fetch) preferStored() bool {
	for _, o := range f.candidates {
		if semantics.UsableOnError(&o.Lifetime, &f.directives, &f.rule.semantics, 0, f.node.now()) {
			return true
		}
	}
	return false
}

// decline gives the response to the leader alone and releases all waiters.
func (f *fetch) decline(resp *origin.Response, reason message.Reason) {
	if f.client == nil {
		resp.Close()
	} else {
		f.declined = resp
	}
	f.release(reason)
}

// release ends the fill with nothing to share: all who wait fetch on their own.
func (f *fetch) release(reason message.Reason) {
	f.reason, f.stored = reason, false
	f.node.markUncacheable(f, reason)
	for _, o := range f.candidates {
		// The origin's newest answer may not be stored: an older one must not outlive it.
		f.node.store.Drop(o.Key)
	}
	f.fill.Decline(uint8(reason))
}

// decide says whether a response is to be stored, for how long, and by which
// request fields it was selected.
func (f *fetch) decide(resp *origin.Response, t semantics.Times) (store.Lifetime, store.Selector, message.Reason) {
	rules := &f.rule.semantics
	response := semantics.Response{Status: resp.Status, Fields: &resp.Fields, Length: resp.Length}
	life, reason := semantics.Store(f.request, &response, rules, t)
	if reason != message.ReasonNone {
		return life, nil, reason
	}
	selector, reason := semantics.Selects(&resp.Fields)
	if reason == message.ReasonNone && semantics.UnkeyedField(f.request, rules, selector) != nil {
		reason = message.ReasonUnkeyedField
	}
	return life, selector, reason
}

// judge makes the object of a response, or says why it is not to be stored.
func (f *fetch) judge(resp *origin.Response) (*store.Object, message.Reason) {
	times := semantics.Times{Asked: f.asked, Answered: f.node.now()}
	life, selector, reason := f.decide(resp, times)
	if reason != message.ReasonNone {
		return nil, reason
	}
	f.node.learnSearch(&f.request.URL, &resp.Fields)
	o := &store.Object{Primary: f.url, Lifetime: life, Stamp: f.fill.Stamp(), Length: max(resp.Length, 0), Selector: selector}
	if resp.Status == 206 {
		first, last, whole, ok := semantics.ParseContentRange(&resp.Fields)
		length := last - first + 1
		if !ok || whole < 0 || !f.ranged && !f.completing || resp.Length >= 0 && resp.Length != length {
			return nil, message.ReasonBadRange
		}
		o.Partial = &store.Partial{First: first, Whole: whole}
		o.Length = length
	}
	semantics.RenderHead(&o.Head, resp.Status, &resp.Fields, int64(times.Answered/store.Second), semantics.HeadOptions{Via: f.node.id})
	f.place(o)
	return o, message.ReasonNone
}

// place gives o its key: the URL's, or that of the variant it is.
func (f *fetch) place(o *store.Object) {
	if len(o.Selector) == 0 {
		o.Key, o.Text = f.primary, f.text
		return
	}
	text := semantics.AppendVariant(nil, []byte(f.text), o.Selector, &f.request.Fields)
	o.Key, o.Text = f.node.store.Hash(text), string(text)
}

// start shares o with all who wait, and makes it known as a variant if it is
// one. The order counts: from Start on the fill is found under o's own key.
func (f *fetch) start(o *store.Object, length int64) error {
	if err := f.fill.Start(o, length); err != nil {
		return err
	}
	if len(o.Selector) > 0 {
		f.node.store.Index(f.primary, f.text, o.Selector, o.Key)
	}
	return nil
}

// pump moves the body from the origin into the fill and completes it.
func (f *fetch) pump(resp *origin.Response) {
	defer resp.Close()
	if f.copyBody(resp) {
		f.complete()
	}
}

// copyBody moves the body from the origin into the fill. It reports false if
// that failed, and ended the fill.
func (f *fetch) copyBody(resp *origin.Response) bool {
	for {
		b, err := resp.Next(true)
		if len(b) > 0 {
			if _, werr := f.fill.Write(b); werr != nil {
				f.fill.Fail(werr)
				return false
			}
		}
		switch {
		case err == io.EOF:
			return true
		case err != nil:
			f.fill.Fail(err)
			return false
		}
	}
}

// complete publishes the whole response.
func (f *fetch) complete() {
	o, err := f.fill.Finish()
	if err != nil || o == nil {
		return
	}
	f.node.store.Unmark(o.Key)
	if f.part != nil {
		if whole := semantics.Combine(f.part, o); whole != nil {
			f.node.store.Put(whole)
		}
	}
}
