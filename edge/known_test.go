package edge

import (
	"testing"
	"time"
)

// What an origin answers one who is logged in, without a word about caching, may be for
// that client only: no setting of the rule that only stretches freshness may have it
// shared.
func TestStaleOfKnownClients(t *testing.T) {
	for name, c := range map[string]struct {
		site string
		down bool
	}{
		"stale while revalidate": {`default_ttl = "5s"
stale_while_revalidate = "30s"`, false},
		"stale if error": {`default_ttl = "5s"
stale_if_error = "1h"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.site, func(a *ask) { a.give(200, "account of "+a.field("Cookie")) })
			r.get("/me", "Cookie: alice").want(t, 200, "", "account of alice")
			r.quiet()
			if c.down {
				r.origin.now(always(503, "down"))
			}
			g := r.get("/me", "Cookie: bob")
			r.quiet()
			if g.body == "account of alice" {
				t.Errorf("bob got %q: %s", g.body, g.cache)
			}
			if g := r.get("/me"); g.body == "account of alice" {
				t.Errorf("nobody got %q: %s", g.body, g.cache)
			}
		})
	}
}

// Nor may another client's own word have it shared.
func TestStaleOfKnownClientsByRequest(t *testing.T) {
	r := newRig(t, "", func(a *ask) { a.give(200, "account of "+a.field("Cookie"), `ETag: "1"`) })
	r.get("/me", "Cookie: alice").want(t, 200, "", "account of alice")
	r.quiet()
	r.origin.now(always(503, "down"))
	g := r.get("/me", "Cookie: bob", "Cache-Control: stale-if-error=60")
	if g.body == "account of alice" {
		t.Errorf("bob got %q: %s", g.body, g.cache)
	}
}

// max-age=0 says no more of sharing.
func TestStaleAtOnceOfKnownClients(t *testing.T) {
	r := newRig(t, `stale_while_revalidate = "30s"`, func(a *ask) { a.give(200, "account of "+a.field("Cookie"), "Cache-Control: max-age=0") })
	r.get("/me", "Cookie: alice").want(t, 200, "", "account of alice")
	r.quiet()
	if g := r.get("/me", "Cookie: bob"); g.body == "account of alice" {
		t.Errorf("bob got %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// Pages of several users may have one validator: what was answered to one is not to be
// validated for another, nor what was answered to nobody in particular.
func TestOneValidatorOfKnownClients(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("If-Modified-Since") != "" {
			a.give(304, "")
			return
		}
		a.give(200, "account of <"+a.field("Cookie")+">", "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT")
	})
	for _, user := range []string{"alice", "bob", "alice"} {
		r.get("/me", "Cookie: "+user).want(t, 200, "cookie", "account of <"+user+">")
		r.quiet()
	}
	r.get("/me").want(t, 200, "stored", "account of <>")
	r.quiet()
	r.get("/me").want(t, 200, "hit", "account of <>")
	r.get("/me", "Cookie: alice").want(t, 200, "cookie", "account of <alice>")
}

// A cookie without "=" is not in the key, so it must not reach the origin.
func TestBareCookie(t *testing.T) {
	r := newRig(t, `key { cookies = ["beta"] }`, func(a *ask) {
		a.give(200, "for <"+a.field("Cookie")+">", "Cache-Control: max-age=60")
	})
	r.get("/a", "Cookie: beta")
	r.quiet()
	r.get("/a").want(t, 200, "", "for <>")
}

// What is never fresh gets no time from the rule to be served while it is fetched anew,
// whoever asked for it.
func TestStaleOfWhatIsNeverFresh(t *testing.T) {
	for _, fields := range [][]string{nil, {"Cache-Control: max-age=0"}, {`ETag: "1"`}} {
		r := newRig(t, `stale_while_revalidate = "30s"`, numbered(fields...))
		r.get("/a").want(t, 200, "", "body 1")
		r.quiet()
		if g := r.get("/a"); g.body == "body 1" {
			t.Errorf("%q: %s", fields, g.cache)
		}
		r.quiet()
	}
}

// A cookie that comes with a 304 is not for all because the page was.
func TestSetCookieOf304(t *testing.T) {
	for _, stored := range []string{"public, max-age=10", "s-maxage=10"} {
		r := newRig(t, "", func(a *ask) {
			if a.field("If-None-Match") != "" {
				a.give(304, "", `ETag: "1"`, "Set-Cookie: session="+a.field("Cookie"))
				return
			}
			a.give(200, "page", `ETag: "1"`, "Cache-Control: "+stored)
		})
		r.get("/a").want(t, 200, "stored", "page")
		r.quiet()
		r.sleep(20 * time.Second)
		r.get("/a", "Cookie: alice").want(t, 200, "", "page")
		r.quiet()
		if g := r.get("/a", "Cookie: bob"); g.field("Set-Cookie") == "session=alice" {
			t.Errorf("bob got %q: %s", g.field("Set-Cookie"), g.cache)
		}
		r.quiet()
	}
}

// Nor is one that comes with the answer to a HEAD.
func TestSetCookieOfHead(t *testing.T) {
	r := newRig(t, `head_fetch = "head"`, func(a *ask) {
		switch {
		case a.method == "HEAD":
			a.give(200, "page", `ETag: "1"`, "Set-Cookie: session="+a.field("Cookie"))
		case a.field("If-None-Match") != "":
			a.give(304, "", `ETag: "1"`)
		default:
			a.give(200, "page", `ETag: "1"`, "Cache-Control: public, max-age=10")
		}
	})
	r.get("/a").want(t, 200, "stored", "page")
	r.quiet()
	r.sleep(20 * time.Second)
	r.do("HEAD", "/a", "Cookie: alice")
	r.quiet()
	if g := r.get("/a", "Cookie: bob"); g.field("Set-Cookie") != "" {
		t.Errorf("bob got %q: %s", g.field("Set-Cookie"), g.cache)
	}
	r.quiet()
}

// The answer to a HEAD of a known client that says nothing about caching is not for
// others either.
func TestHeadOfKnownClients(t *testing.T) {
	r := newRig(t, `head_fetch = "head"`, func(a *ask) {
		switch {
		case a.field("If-None-Match") != "":
			a.give(304, "", `ETag: "1"`)
		case a.field("Cookie") != "":
			a.give(200, "page", `ETag: "1"`, "X-Account: "+a.field("Cookie"))
		default:
			a.give(200, "page", `ETag: "1"`, "Cache-Control: no-cache")
		}
	})
	r.get("/a").want(t, 200, "stored", "page")
	r.quiet()
	r.do("HEAD", "/a", "Cookie: alice")
	r.quiet()
	if g := r.get("/a"); g.field("X-Account") != "" {
		t.Errorf("nobody got X-Account: %q: %s", g.field("X-Account"), g.cache)
	}
	r.quiet()
}

// store_authorization is not a word about what the origin is silent of.
func TestOneValidatorOfAuthorized(t *testing.T) {
	r := newRig(t, "store_authorization = true", func(a *ask) {
		if a.field("If-Modified-Since") != "" {
			a.give(304, "")
			return
		}
		a.give(200, "account of <"+a.field("Authorization")+">", "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT")
	})
	r.get("/me", "Authorization: alice").want(t, 200, "", "account of <alice>")
	r.quiet()
	r.get("/me", "Authorization: bob").want(t, 200, "", "account of <bob>")
	r.quiet()
	g := r.get("/me")
	if g.body != "account of <>" {
		t.Errorf("nobody got %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// A targeted field that says nothing of storing is none.
func TestTargetedFieldWithoutAWord(t *testing.T) {
	for _, field := range []string{"CDN-Cache-Control: no-transform", "CDN-Cache-Control: other=1", "Surrogate-Control: no-transform", "CDN-Cache-Control: max-age=?1"} {
		r := newRig(t, "", func(a *ask) {
			if a.field("If-Modified-Since") != "" {
				a.give(304, "")
				return
			}
			a.give(200, "account of <"+a.field("Cookie")+">", "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT", field)
		})
		r.get("/me", "Cookie: alice").want(t, 200, "", "account of <alice>")
		r.quiet()
		g := r.get("/me", "Cookie: bob")
		if g.body != "account of <bob>" {
			t.Errorf("%s: bob got %q: %s", field, g.body, g.cache)
		}
		r.quiet()
	}
}

// Nor does it share cookies.
func TestTargetedFieldWithoutAWordSetCookie(t *testing.T) {
	for _, field := range []string{"CDN-Cache-Control: no-transform", "CDN-Cache-Control: other=1", "Surrogate-Control: no-transform"} {
		r := newRig(t, "", func(a *ask) {
			a.give(200, "x", "Last-Modified: Wed, 01 Jan 2020 00:00:00 GMT", field, "Set-Cookie: session=alice")
		})
		r.get("/me").want(t, 200, "", "x")
		r.quiet()
		if g := r.get("/me"); len(r.origin.all()) == 1 {
			t.Errorf("%s: second client got %q: %s", field, g.field("Set-Cookie"), g.cache)
		}
		r.quiet()
	}
}
