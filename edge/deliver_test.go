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
