package edge

import (
	"strings"
	"testing"
	"time"
)

// The response to a POST that the bypass matches is not stored for later GETs.
func TestPostedPastBypass(t *testing.T) {
	r := newRig(t, `bypass { cookies = ["session"] }`, func(a *ask) {
		a.give(200, "cart of "+a.field("Cookie"), "Cache-Control: max-age=60", "Content-Location: /cart")
	})
	r.do("POST", "/cart", "Cookie: session=alice").want(t, 200, "", "cart of session=alice")
	r.quiet()
	if g := r.get("/cart"); strings.Contains(g.body, "alice") {
		t.Errorf("nobody got %q: %s", g.body, g.cache)
	}
}

// The same for a POST with a field of the bypass.
func TestPostedPastBypassFields(t *testing.T) {
	r := newRig(t, `bypass { headers = ["X-Preview"] }`, func(a *ask) {
		a.give(200, "draft "+a.field("X-Preview"), "Cache-Control: max-age=60", "Content-Location: /a")
	})
	r.do("POST", "/a", "X-Preview: 1")
	r.quiet()
	if g := r.get("/a"); strings.Contains(g.body, "draft 1") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// negative_ttl does not share the error that a client with a cookie got.
func TestNegativeOfKnownClient(t *testing.T) {
	for _, status := range []int{404, 403, 500} {
		r := newRig(t, `negative_ttl = { "404" = "60s", "403" = "60s", "500" = "60s" }`, func(a *ask) {
			a.give(status, "not for "+a.field("Cookie"))
		})
		r.get("/a", "Cookie: session=alice")
		r.quiet()
		for _, cookie := range []string{"Cookie: session=bob", "X: 1"} {
			if g := r.get("/a", cookie); strings.Contains(g.body, "alice") {
				t.Errorf("%d %s got %q: %s", status, cookie, g.body, g.cache)
			}
		}
	}
}

// min_ttl does not stretch a response of max-age=0 to a client with a cookie.
func TestMinTTLOfKnownClients(t *testing.T) {
	for _, word := range []string{"Cache-Control: max-age=0", "Expires: 0", "Expires: Thu, 19 Nov 1981 08:52:00 GMT"} {
		r := newRig(t, `min_ttl = "60s"`, func(a *ask) { a.give(200, "account of "+a.field("Cookie"), word, `ETag: "`+a.field("Cookie")+`"`) })
		r.get("/me", "Cookie: alice")
		r.quiet()
		if g := r.get("/me", "Cookie: bob"); strings.Contains(g.body, "alice") {
			t.Errorf("%s: bob got %q: %s", word, g.body, g.cache)
		}
	}
}

// Nor one to a POST.
func TestPostedMinTTL(t *testing.T) {
	r := newRig(t, `min_ttl = "60s"`, func(a *ask) {
		a.give(200, "account of "+a.field("Cookie"), "Cache-Control: max-age=0", "Content-Location: /me")
	})
	r.do("POST", "/me", "Cookie: alice")
	r.quiet()
	if g := r.get("/me"); strings.Contains(g.body, "alice") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// A response that a switch let be stored is not served once the switch is off.
func TestPrivateAfterReload(t *testing.T) {
	for name, c := range map[string]struct{ setting, field, request string }{
		"private": {"store_private = true", "Cache-Control: private, max-age=600", "X: 1"},
		"no-cache": {`ttl = "1h"
  store_no_cache = true`, "Cache-Control: no-cache", "X: 1"},
		"authorization": {"store_authorization = true", "Cache-Control: max-age=600", "Authorization: Basic x"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newFakeOrigin(t, func(a *ask) { a.give(200, "page of "+a.field("Authorization"), c.field) })
			r := startRig(t, o, confOf(o, "", c.setting))
			r.get("/a", c.request).want(t, 200, "stored", "page of "+strings.TrimPrefix(c.request[strings.Index(c.request, ": ")+2:], "1"))
			r.quiet()
			if err := r.apply(confOf(o, "", "")); err != nil {
				t.Fatal(err)
			}
			if g := r.get("/a"); strings.Contains(g.cache, "hit") {
				t.Errorf("%q %s", g.body, g.cache)
			}
		})
	}
}

// A cookie without a name may say who asks.
func TestNamelessCookie(t *testing.T) {
	for _, cookie := range []string{"=alice", "=session=alice", " ; =session=alice"} {
		r := newRig(t, `default_ttl = "60s"`, func(a *ask) { a.give(200, "page of "+a.field("Cookie")) })
		r.get("/a", "Cookie: "+cookie)
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.body, "alice") {
			t.Errorf("%q: nobody got %q: %s", cookie, g.body, g.cache)
		}
	}
}

// A cookie of analytics may have another one in it, as lenient servers read it.
func TestStraySmuggles(t *testing.T) {
	for _, cookie := range []string{"_ga=1, session=alice", "_ga=\"x\" session=alice", "_ga =1", "_ga", "_hjx=1\tsession=alice"} {
		r := newRig(t, `default_ttl = "60s"`, func(a *ask) { a.give(200, "page of "+a.field("Cookie")) })
		r.get("/a", "Cookie: "+cookie)
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.body, "alice") {
			t.Errorf("%q: %q %s", cookie, g.body, g.cache)
		}
	}
}

// The bypass reads the names of cookies as leniently as any application does.
func TestBypassSpelling(t *testing.T) {
	for _, cookie := range []string{"session=alice", "a=1;session=alice", "session =alice", "\"session\"=alice", "=session=alice", "a=1, session=alice", "session"} {
		r := newRig(t, `bypass { cookies = ["session"] }`, func(a *ask) { a.give(200, "page of "+a.field("Cookie"), "Cache-Control: max-age=60") })
		r.get("/a", "Cookie: "+cookie)
		r.quiet()
		if g := r.get("/a"); g.body != "page of " {
			t.Errorf("%q: nobody got %q: %s", cookie, g.body, g.cache)
		}
	}
}

// A long name may be of a credential, too.
func TestLongCredential(t *testing.T) {
	long := "X-" + strings.Repeat("Very-", 13) + "Long-Auth-Token"
	for _, name := range []string{"X-Long-Auth-Token", long} {
		r := newRig(t, "", func(a *ask) { a.give(200, "page of "+a.field(name), "Cache-Control: max-age=60") })
		r.get("/a", name+": alice")
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.body, "alice") {
			t.Errorf("%d bytes: nobody got %q: %s", len(name), g.body, g.cache)
		}
	}
}

// Or of a field that overrides the request, or selects a representation.
func TestLongKinds(t *testing.T) {
	for _, name := range []string{
		"X-Forwarded-" + strings.Repeat("Very-", 12) + "Host", strings.Repeat("Very_", 14) + "x",
		strings.Repeat("Very-", 13) + "Client-Ip", "HX-" + strings.Repeat("Very-", 13) + "Long",
	} {
		r := newRig(t, "", func(a *ask) { a.give(200, "page of "+a.field(name), "Cache-Control: max-age=60") })
		r.get("/a", name+": evil")
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.body, "evil") {
			t.Errorf("%s: nobody got %q: %s", name, g.body, g.cache)
		}
	}
}

// A HEAD or POST that is passed on has fields that a shared fetch leaves out: its response is not for all.
func TestTransitOfHead(t *testing.T) {
	for _, how := range []string{"refuse", "separate"} {
		r := newRig(t, `unknown_fields = "`+how+`"
head_fetch = "head"`, func(a *ask) {
			a.give(200, "page", "Cache-Control: max-age=1", `ETag: "1"`, "Link: <"+a.field("X-Trace")+">")
		})
		r.get("/a", "X-Trace: evil")
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.field("Link"), "evil") {
			t.Errorf("%s, GET: %v", how, g.fields)
		}
		r.sleep(5 * time.Second)
		r.do("HEAD", "/a", "X-Trace: evil")
		r.quiet()
		if g := r.get("/a"); strings.Contains(g.field("Link"), "evil") {
			t.Errorf("%s, HEAD: %v", how, g.fields)
		}
	}
}

func TestTransitOfPost(t *testing.T) {
	r := newRig(t, `unknown_fields = "refuse"`, func(a *ask) {
		a.give(200, "page "+a.field("X-Trace"), "Cache-Control: max-age=60", "Content-Location: /a")
	})
	r.do("POST", "/a", "X-Trace: evil")
	r.quiet()
	if g := r.get("/a"); strings.Contains(g.body, "evil") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// What a passed HEAD brings of one client does not get into the stored response.
func TestHeadOfKnown(t *testing.T) {
	r := newRig(t, `head_fetch = "head"`, func(a *ask) {
		a.give(200, "page", "Cache-Control: max-age=1", `ETag: "1"`, "X-User: "+a.field("Cookie")+a.field("X-Api-Key")+a.field("X-Odd")+a.field("Content-Type")+a.field("Early-Data")+a.field("Date"))
	})
	r.get("/a").want(t, 200, "stored", "page")
	for _, f := range []string{"Content-Type: evil", "Date: evil", "Early-Data: evil", "X-Api-Key: evil"} {
		r.quiet()
		r.sleep(3 * time.Second)
		r.do("HEAD", "/a", f)
		if g := r.get("/a"); strings.Contains(g.field("X-User"), "evil") {
			t.Errorf("%s: %v", f, g.fields)
		}
	}
}

// The response to a POST with a range or cache directives is not what a GET gets.
func TestPostedRange(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		a.give(200, "page "+a.field("Range")+a.field("If-Range")+a.field("Cache-Control"), "Cache-Control: max-age=60", "Content-Location: /a")
	})
	for _, f := range []string{"Range: bytes=0-1", "Cache-Control: evil", "Content-Language: evil"} {
		r.do("POST", "/a", f)
		r.quiet()
		if g := r.get("/a"); g.body != "page " {
			t.Errorf("%q %s", g.body, g.cache)
		}
	}
}

// The cookie is set once, also if the response turns out too large to be stored.
func TestCookieTwice(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		a.begin(200, 1<<30, "Cache-Control: s-maxage=60", "Set-Cookie: sid=1")
		a.hangUp()
	})
	c := r.client()
	c.ask("GET", "/a")
	c.serve()
	g := c.reply()
	c.done()
	if n := len(g.fields.Values("Set-Cookie")); n != 1 {
		t.Errorf("%d cookies: %v", n, g.fields)
	}
}

// The cookie of a response that was not used is not set.
func TestCookieOfCompletion(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		switch {
		case a.field("Range") == "bytes=0-1":
			a.give(206, "ab", "Cache-Control: s-maxage=60", `ETag: "1"`, "Content-Range: bytes 0-1/4")
		case a.field("Range") != "":
			a.give(206, "cd", "Cache-Control: s-maxage=60", `ETag: "2"`, "Content-Range: bytes 2-3/4", "Set-Cookie: id=of-a-response-that-nobody-gets")
		default:
			a.give(200, "abcd", "Cache-Control: s-maxage=60", `ETag: "2"`, "Set-Cookie: id=2")
		}
	})
	r.get("/a", "Range: bytes=0-1").want(t, 206, "", "ab")
	r.quiet()
	if g := r.get("/a"); len(g.fields.Values("Set-Cookie")) != 1 {
		t.Errorf("%v", g.fields)
	}
}

// A failure has no culprit of another reason beside it.
func TestDetailAfterFailure(t *testing.T) {
	r := newRig(t, `bypass { cookies = ["session"] }`, func(a *ask) { a.hangUp() })
	if g := r.get("/a", "Cookie: session=1"); strings.Contains(g.cache, "origin-response:cookie") {
		t.Errorf("%d %s", g.status, g.cache)
	}
}
