package edge

import (
	"testing"
	"time"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/purge"
	"brink/store"
)

// lookedUp routes a GET and looks it up.
func (r *rig) lookedUp(target string, fields ...string) *exchange {
	r.t.Helper()
	c := r.client()
	c.ask("GET", target, fields...)
	x := r.node.begin(&c.x)
	if r.node.route(x) != stepRAM {
		r.t.Fatalf("%s is not for the cache", target)
	}
	r.node.lookup(x)
	return x
}

// What lookup finds says what it is good for, or why there is nothing.
func TestLookup(t *testing.T) {
	r := newRig(t, `
  path "/swr/**" { stale_while_revalidate = "60s" }`, func(a *ask) {
		fields := []string{"Cache-Control: max-age=10", `ETag: "1"`}
		if a.target == "/vary" {
			fields = append(fields, "Vary: Accept-Language")
		}
		a.give(200, a.field("Accept-Language"), fields...)
	})
	for _, target := range []string{"/old", "/swr/old", "/purged"} {
		r.get(target)
	}
	r.quiet()
	r.sleep(20 * time.Second)
	for _, target := range []string{"/new", "/soft/x"} {
		r.get(target)
	}
	r.get("/vary", "Accept-Language: de")
	r.quiet()
	r.purge("/purged")
	r.purges.Put(purge.Rule{Kind: purge.URL, Soft: true, ID: r.keyed("/soft/x").purgeKey.URL()})
	for _, c := range []struct {
		target, language string
		use              semantics.Use
		reason           message.Reason
	}{
		{"/new", "", semantics.Fresh, message.ReasonNone},
		{"/new", "de", semantics.Fresh, message.ReasonNone},
		{"/old", "", semantics.Validate, message.ReasonExpired},
		{"/swr/old", "", semantics.StaleRefresh, message.ReasonRefresh},
		{"/none", "", semantics.Gone, message.ReasonURIMiss},
		{"/purged", "", semantics.Gone, message.ReasonURIMiss},
		{"/soft/x", "", semantics.Validate, message.ReasonPurged},
		{"/vary", "de", semantics.Fresh, message.ReasonNone},
		{"/vary", "fr", semantics.Gone, message.ReasonVaryMiss},
		{"/vary", "", semantics.Gone, message.ReasonVaryMiss},
	} {
		var fields []string
		if c.language != "" {
			fields = append(fields, "Accept-Language: "+c.language)
		}
		x := r.lookedUp(c.target, fields...)
		if x.decision.Use != c.use || x.decision.Reason != c.reason || (x.found == nil) != (c.use == semantics.Gone) {
			t.Errorf("%s in %q: %+v", c.target, c.language, x.decision)
		}
		if x.found != nil && (x.found.Key != x.key || x.found.Text != string(x.text)) {
			t.Errorf("%s in %q: found another key's", c.target, c.language)
		}
	}
	r.purges.Put(purge.Rule{Kind: purge.URL, ID: r.keyed("/vary").purgeKey.URL()})
	if x := r.lookedUp("/vary", "Accept-Language: de"); x.found != nil {
		t.Errorf("purged and found: %+v", x.decision)
	}
}

// A rule that stores less than it did when a response was stored does not let it be used.
func TestMayUse(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags store.LifetimeFlags
		rules semantics.Rules
		known bool // by the client's Cookie
		want  bool
	}{
		{"plain", 0, semantics.Rules{}, false, true},
		{"plain, known client", 0, semantics.Rules{}, true, true},
		{"validate always", store.AlwaysValidate, semantics.Rules{}, false, true},
		{"cookies", store.WithCookies, semantics.Rules{}, false, false},
		{"cookies, allowed", store.WithCookies, semantics.Rules{StoreSetCookie: true}, false, true},
		{"private", store.WithPrivate, semantics.Rules{}, false, false},
		{"private, allowed", store.WithPrivate, semantics.Rules{StorePrivate: true}, false, true},
		{"credential", store.WithCredential, semantics.Rules{}, false, false},
		{"credential, allowed", store.WithCredential, semantics.Rules{StoreAuthorization: true}, false, true},
		{"all, one allowed", store.WithCookies | store.WithPrivate, semantics.Rules{StorePrivate: true}, false, false},
		{"nothing said", store.NoCacheInformation, semantics.Rules{}, false, true},
		{"nothing said, known client", store.NoCacheInformation, semantics.Rules{}, true, false},
	} {
		x := &exchange{Exchange: new(message.Exchange)}
		x.rule = &site.Rule{Semantics: c.rules}
		if c.known {
			x.Request.Fields.AppendID(wire.Cookie, []byte("session=1"))
		}
		o := &store.Object{Lifetime: store.Lifetime{Flags: c.flags}}
		if got := x.mayUse(o); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// The key that purges use is the URL's own, whatever else is in the key of the response.
func TestPurgeKey(t *testing.T) {
	const host, phone = "Host: a.test:8080", "X-Device: phone"
	r, keyed := newRig(t, "", always(200, "")), newRig(t, `key { headers = ["X-Device"] }`, always(200, ""))
	plain := r.keyed("/a")
	if plain.purgeKey != plain.primary {
		t.Error("differs from the key of a URL without port and key fields")
	}
	for _, x := range []*exchange{r.keyed("/a", host), keyed.keyed("/a"), keyed.keyed("/a", phone), keyed.keyed("/a", host, phone)} {
		if x.purgeKey != plain.purgeKey || x.primary == plain.primary {
			t.Errorf("purged as %v, stored as %v", x.purgeKey, x.primary)
		}
	}
	if r.keyed("/b").purgeKey == plain.purgeKey {
		t.Error("two URLs are purged as one")
	}
}

// Of the responses that a request selects, the newest is used (RFC 9111 section 4.1).
func TestNewestIsSelected(t *testing.T) {
	vary := "Accept"
	r := newRig(t, "", func(a *ask) { a.give(200, vary, "Cache-Control: max-age=100", "Vary: "+vary) })
	r.get("/a", "Accept: x", "Accept-Language: de")
	r.quiet()
	r.sleep(time.Second)
	vary = "Accept-Language"
	r.get("/a", "Accept: y", "Accept-Language: de")
	r.quiet()
	for _, c := range []struct{ accept, language, want string }{
		{"x", "de", "Accept-Language"},
		{"y", "de", "Accept-Language"},
		{"x", "fr", "Accept"},
		{"z", "fr", ""},
	} {
		x, got := r.lookedUp("/a", "Accept: "+c.accept, "Accept-Language: "+c.language), ""
		if x.found != nil {
			got = string(x.found.Body[0])
		}
		if got != c.want || len(x.selectors) != 2 {
			t.Errorf("%s %s: %q of %q", c.accept, c.language, got, x.selectors)
		}
	}
}
