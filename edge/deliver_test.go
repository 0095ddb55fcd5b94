package edge

import (
	"errors"
	"fmt"
	"testing"

	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// following returns a request that waits for the fetch of another one, and the fill of that.
func (r *rig) following(fields ...string) (*exchange, *store.Fill) {
	r.t.Helper()
	any := func(*store.Object, purge.Verdict) bool { return true }
	leader, x := r.lookedUp("/a", fields...), r.lookedUp("/a", fields...)
	_, fill, leads := r.store.Join(leader.key, r.node.purgeKey(leader), string(leader.text), any)
	_, joined, leadsToo := r.store.Join(x.key, r.node.purgeKey(x), string(x.text), any)
	if !leads || leadsToo || joined != fill {
		r.t.Fatal("two requests for one URL share no fill")
	}
	r.node.attend(x)
	return x, fill
}

// freshFor returns a response for x that is fresh for a minute.
func freshFor(x *exchange) *store.Object {
	o := &store.Object{Key: x.key, Text: string(x.text), Body: [][]byte{[]byte(digits)}, Length: int64(len(digits))}
	o.Head.Begin(200)
	o.Lifetime = store.Lifetime{Born: x.Now, Fresh: x.Now + 60*store.Second}
	return o
}

// fills ends a fill with o and its body.
func fills(t *testing.T, fill *store.Fill, o *store.Object) {
	t.Helper()
	body := o.Body
	o.Body = nil
	if err := fill.Start(o, o.Length); err != nil {
		t.Fatal(err)
	}
	for _, run := range body {
		if _, err := fill.Write(run); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := fill.Finish(); err != nil {
		t.Fatal(err)
	}
}

// Each end of another request's fetch leads a follower to an answer, or to a next step.
func TestFollow(t *testing.T) {
	refused := &origin.Error{Kind: origin.ConnectionRefused}
	for _, c := range []struct {
		name   string
		end    func(*exchange, *store.Fill)
		next   step
		answer string // outcome, reason, and whether it was collapsed
	}{
		{"a response", func(x *exchange, f *store.Fill) { fills(t, f, freshFor(x)) }, stepDone, "miss uri-miss collapsed"},
		{"a renewed response", func(x *exchange, f *store.Fill) { f.Resolve(freshFor(x)) }, stepDone, "revalidated uri-miss collapsed"},
		{"a response that must be validated", func(x *exchange, f *store.Fill) {
			o := freshFor(x)
			o.Lifetime.Flags = store.AlwaysValidate
			fills(t, f, o)
		}, stepFetch, ""},
		{"another variant", func(x *exchange, f *store.Fill) {
			o := freshFor(x)
			o.Selector, o.Text = store.Selector{"accept"}, "another"
			fills(t, f, o)
		}, stepJoin, ""},
		{"a private response", func(_ *exchange, f *store.Fill) { f.Decline(uint8(message.ReasonPrivate)) }, stepFetch, ""},
		{"a response that depends on the leader's request", func(_ *exchange, f *store.Fill) { f.Decline(uint8(message.ReasonCookie)) }, stepJoin, ""},
		{"no connection", func(_ *exchange, f *store.Fill) { f.Fail(refused) }, stepDone, "failed origin-down"},
		{"a connection without an answer", func(_ *exchange, f *store.Fill) { f.Fail(&origin.Error{Kind: origin.ConnectionTerminated}) }, stepJoin, ""},
		{"an error response", func(_ *exchange, f *store.Fill) { f.Fail(fetch.StatusError(503)) }, stepFetch, ""},
		{"the client leaves first", func(x *exchange, _ *store.Fill) { x.canceller.Cancel() }, stepDone, "miss client-gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "", always(200, ""))
			x, fill := r.following()
			defer fill.Fail(refused) // no effect if the case has ended it
			x.status.Outcome, x.status.Reason = message.Miss, message.ReasonURIMiss
			c.end(x, fill)
			next, answer := r.node.follow(x, fill), ""
			if next == stepDone {
				answer = fmt.Sprint(x.status.Outcome, " ", x.status.Reason)
			}
			if x.status.Collapsed {
				answer += " collapsed"
			}
			if next != c.next || answer != c.answer {
				t.Errorf("step %d, %q", next, answer)
			}
			x.closeBody()
		})
	}
}

// Each kind of result leads to an answer. A stored response stands in for a failed fetch if
// its lifetime allows that.
func TestConclude(t *testing.T) {
	down := &origin.Error{Kind: origin.ConnectionRefused}
	failed := func(err error) func(*rig, *exchange) fetch.Result {
		return func(*rig, *exchange) fetch.Result { return fetch.Result{Kind: fetch.Failed, Err: err} }
	}
	for _, c := range []struct {
		name   string
		stored bool // stale by a second, and usable after an error
		result func(*rig, *exchange) fetch.Result
		status int
		answer string // outcome and reason
	}{
		{"shared", false, func(r *rig, _ *exchange) fetch.Result {
			x, fill := r.following()
			fills(t, fill, freshFor(x))
			fill.Wait(nil)
			return fetch.Result{Kind: fetch.Shared, Fill: fill, Age: -1, Stored: true}
		}, 200, "miss uri-miss"},
		{"renewed", true, func(_ *rig, x *exchange) fetch.Result {
			return fetch.Result{Kind: fetch.Renewed, Object: freshFor(x), Status: 304}
		}, 200, "revalidated uri-miss"},
		{"private", false, func(r *rig, x *exchange) fetch.Result {
			return r.node.fetcher.Alone(r.node.spec(x, r.purges.Latest()), &x.memory)
		}, 201, "miss uri-miss"},
		{"no connection", false, failed(down), 502, "failed origin-down"},
		{"no connection, and a response stands in", true, failed(down), 200, "stale origin-unreachable"},
		{"an error response", false, failed(fetch.StatusError(503)), 502, "failed origin-down"},
		{"an error response, and a stored one stands in", true, failed(fetch.StatusError(503)), 200, "stale origin-error"},
		{"a fault of the node", false, failed(fetch.ErrFault), 500, "failed panic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "", func(a *ask) { a.give(201, "mine", "Cache-Control: private") })
			x := r.lookedUp("/a")
			r.node.attend(x)
			x.status.Reason = message.ReasonURIMiss
			if c.stored {
				x.found = freshFor(x)
				x.found.Lifetime = store.Lifetime{Born: x.Now - 60*store.Second, Fresh: x.Now - store.Second, IfError: x.Now + store.Second}
			}
			result := c.result(r, x)
			if next := r.node.conclude(x, &result); next != stepDone {
				t.Fatalf("step %d", next)
			}
			if got := fmt.Sprint(x.status.Outcome, " ", x.status.Reason); x.StatusCode() != c.status || got != c.answer || !x.status.Fetched {
				t.Errorf("%d %s, fetched %v", x.StatusCode(), got, x.status.Fetched)
			}
			x.closeBody()
		})
	}
}

// A request that waited in vain joins another fetch only where that may bring more.
func TestMayJoinAnother(t *testing.T) {
	const ofKnown = 0x80 // the leader's client was known
	for _, c := range []struct {
		verdict fetch.Verdict
		known   bool // this request's client
		stored  bool
		vain    int
		want    bool
	}{
		{fetch.Verdict(message.ReasonPrivate), false, false, 0, false},
		{fetch.Verdict(message.ReasonPrivate), false, true, 0, true},
		{fetch.Verdict(message.ReasonPrivate), false, true, maxRefused, false},
		{fetch.Verdict(message.ReasonPrivate) | ofKnown, false, false, 0, true},
		{fetch.Verdict(message.ReasonPrivate) | ofKnown, true, false, 0, false},
		{fetch.Verdict(message.ReasonCookie), false, false, 0, true},
		{fetch.Verdict(message.ReasonCookie), true, false, maxRefused, true},
		{fetch.Verdict(message.ReasonAuthorization) | ofKnown, true, false, 0, true},
		{fetch.Verdict(message.ReasonRequestStatus), false, false, 0, true},
		{fetch.Verdict(message.ReasonRequestStatus), false, false, maxRefused - 1, true},
		{fetch.Verdict(message.ReasonRequestStatus), false, false, maxRefused, false},
	} {
		x := exchangeOf()
		if c.known {
			x.Request.Fields.AppendID(wire.Cookie, []byte("session=1"))
		}
		if c.stored {
			x.found = new(store.Object)
		}
		x.vainWaits = c.vain
		if got := new(Node).mayJoinAnother(x, c.verdict); got != c.want {
			t.Errorf("%v, leader known %v: %v for %+v", c.verdict.Reason(), c.verdict.OfKnown(), got, c)
		}
	}
}

// A fetch that failed is tried again if its request may be why: there was a connection,
// and no answer.
func TestMayTryAnother(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{errors.New("of the node"), false},
		{&origin.Error{Kind: origin.ConnectionRefused}, false},
		{&origin.Error{Kind: origin.ConnectionTerminated}, true},
		{&origin.Error{Kind: origin.ResponseIncomplete}, true},
		{&origin.Error{Kind: origin.ProtocolError}, true},
		{&origin.Error{Kind: origin.ResponseTimeout}, false}, // to wait once more takes too long
		{&origin.Error{Kind: origin.Unwanted}, true},
		{&origin.Error{Kind: origin.SlowClient}, false},
		{fmt.Errorf("wrapped: %w", &origin.Error{Kind: origin.ConnectionTerminated}), true},
	} {
		if got := new(Node).mayTryAnother(exchangeOf(), c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

// The waits for leaders that were refused are bounded in number and in time.
func TestWaitsAgain(t *testing.T) {
	x := exchangeOf()
	for i := range maxRefused {
		if !x.waitsAgain(maxPatience - 1) {
			t.Errorf("not after %d", i)
		}
	}
	if x.waitsAgain(0) {
		t.Error("once too often")
	}
	if exchangeOf().waitsAgain(maxPatience) {
		t.Error("for too long")
	}
}

// A request shares a response that has just come only if it could use it from the cache.
func TestShares(t *testing.T) {
	const now = 1000 * store.Second
	for _, c := range []struct {
		name    string
		life    store.Lifetime
		part    bool
		covered purge.Verdict
		want    bool
	}{
		{"fresh", store.Lifetime{Born: now, Fresh: now + 1}, false, purge.Untouched, true},
		{"a part", store.Lifetime{Born: now, Fresh: now + 1}, true, purge.Untouched, false},
		{"no lifetime", store.Lifetime{Born: now, Fresh: now}, false, purge.Untouched, false},
		{"stale, refreshed", store.Lifetime{Born: now - 2, Fresh: now - 1, Stale: now + 1}, false, purge.Untouched, true},
		{"validate always", store.Lifetime{Born: now, Fresh: now + 1, Flags: store.AlwaysValidate}, false, purge.Untouched, false},
		{"soft purge", store.Lifetime{Born: now, Fresh: now + 1}, false, purge.Soft, false},
		{"cookies", store.Lifetime{Born: now, Fresh: now + 1, Flags: store.WithCookies}, false, purge.Untouched, false},
	} {
		o := stored0to9(c.part)
		o.Lifetime = c.life
		if got := exchangeOf().shares(o, c.covered, now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// A request selects the response of its own key, one without Vary, or the variant that its
// fields select.
func TestSelects(t *testing.T) {
	r := newRig(t, "", always(200, ""))
	x := r.keyed("/a", "Accept-Language: de")
	german, _ := r.node.variantKey(x, store.Selector{"accept-language"})
	text := string(x.texts.all)
	for _, c := range []struct {
		name string
		o    *store.Object
		want bool
	}{
		{"its own", &store.Object{Key: x.primary}, true},
		{"another URL's", &store.Object{Key: r.keyed("/b").primary}, false},
		{"its variant", &store.Object{Key: german, Text: text, Selector: store.Selector{"accept-language"}}, true},
		{"another variant", &store.Object{Key: german, Text: text + "x", Selector: store.Selector{"accept-language"}}, false},
		{"a variant by another field", &store.Object{Key: german, Text: text, Selector: store.Selector{"accept"}}, false},
	} {
		if got := r.node.selects(x, c.o); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
