package edge

import (
	"strings"
	"testing"
	"time"
)

// A response that the origin gives to shared caches is stored without its
// cookie. Who fetched it gets the cookie, who waited for it or comes later does not.
func TestCookieIsForOne(t *testing.T) {
	for name, c := range map[string]struct {
		settings string
		fields   []string
		stored   bool
		all      bool // get the cookie
	}{
		"s-maxage":            {"", []string{"Cache-Control: s-maxage=60"}, true, false},
		"targeted":            {"", []string{"CDN-Cache-Control: max-age=60"}, true, false},
		"surrogate":           {"", []string{"Surrogate-Control: max-age=60"}, true, false},
		"public style sheet":  {"", []string{"Cache-Control: public, max-age=60", "Content-Type: text/css"}, true, false},
		"public page":         {"", []string{"Cache-Control: public, max-age=60", "Content-Type: text/html"}, false, false},
		"max-age":             {"", []string{"Cache-Control: max-age=60"}, false, false},
		"public page, stored": {"store_set_cookie = true", []string{"Cache-Control: public, max-age=60"}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.settings, gathered(1, func(a *ask) {
				a.give(200, "page", append(c.fields, "Set-Cookie: sid="+a.field("X-Who"), "Set-Cookie: b=2")...)
			}))
			first := r.get("/a", "X-Who: ann")
			if got := strings.Join(first.fields["Set-Cookie"], "|"); got != "sid=ann|b=2" {
				t.Errorf("the one who fetched got %q", got)
			}
			r.quiet()
			next := r.get("/a", "X-Who: bob")
			want, outcome := "sid=bob|b=2", "fwd=uri-miss"
			switch {
			case c.all:
				want, outcome = "sid=ann|b=2", "hit"
			case c.stored:
				want, outcome = "", "hit"
			}
			next.want(t, 200, "", "page")
			if got := strings.Join(next.fields["Set-Cookie"], "|"); got != want || c.stored != strings.HasPrefix(next.cache, outcome) {
				t.Errorf("the next one got %q, %s", got, next.cache)
			}
		})
	}
}

// Many at once: exactly one of them gets the cookie.
func TestCookieIsForTheLeader(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		a.give(200, "page", "Cache-Control: s-maxage=60", "Set-Cookie: sid=1")
	})
	answers := r.many(20, "/a")
	close(release)
	cookies := 0
	for _, a := range answers {
		g := <-a
		g.want(t, 200, "", "page")
		cookies += len(g.fields["Set-Cookie"])
	}
	if cookies != 1 {
		t.Errorf("%d got the cookie", cookies)
	}
	r.asked(1)
}

// The cookie of a 304 is for the client that asked, too.
func TestCookieOfValidation(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		status := 200
		if a.field("If-None-Match") != "" {
			status = 304
		}
		a.give(status, map[int]string{200: "page"}[status], "Cache-Control: s-maxage=10", `ETag: "1"`, "Set-Cookie: sid=1")
	})
	r.get("/a").want(t, 200, "stored", "page")
	r.quiet()
	r.sleep(20 * time.Second)
	if g := r.get("/a"); len(g.fields["Set-Cookie"]) != 1 || !strings.Contains(g.cache, "fwd-status=304") {
		t.Errorf("%v %s", g.fields, g.cache)
	}
	r.quiet()
	if g := r.get("/a"); len(g.fields["Set-Cookie"]) != 0 || !strings.HasPrefix(g.cache, "hit") {
		t.Errorf("%v %s", g.fields, g.cache)
	}
}

// A site that no longer shares cookies does not serve the ones that it stored.
func TestCookiesAfterReload(t *testing.T) {
	r := newRig(t, "store_set_cookie = true", always(200, "page", "Cache-Control: max-age=60", "Set-Cookie: sid=1"))
	r.get("/a").want(t, 200, "stored", "page")
	r.quiet()
	r.get("/a").want(t, 200, "hit", "page")
	config := *r.node.Config()
	sites := append(config.Sites[:0:0], config.Sites...)
	sites[0].Rule.StoreSetCookie = false
	config.Sites = sites
	if err := r.node.Apply(&config); err != nil {
		t.Fatal(err)
	}
	r.get("/a").want(t, 200, "detail=set-cookie", "page")
}

// With explicit freshness a response is shared whatever other fields the
// requests have; where it is guessed, it is stored for those without.
func TestUnknownFields(t *testing.T) {
	const guessed = "Last-Modified: Sun, 22 Nov 2020 10:00:00 GMT"
	for name, c := range map[string]struct {
		settings, field string
		one, two        string // Cache-Status of two requests with different values of the field
	}{
		"shared":              {"", "Cache-Control: max-age=60", "stored", "hit"},
		"by the rule":         {`ttl = "60s"`, "X-None: 1", "stored", "hit"},
		"guessed":             {"", guessed, "detail=unkeyed-field", "detail=unkeyed-field"},
		"default_ttl":         {`default_ttl = "60s"`, "X-None: 1", "detail=unkeyed-field", "detail=unkeyed-field"},
		"separate":            {`unknown_fields = "separate"`, "Cache-Control: max-age=60", "stored", "stored"},
		"separate, guessed":   {`unknown_fields = "separate"`, guessed, "stored", "stored"},
		"refused":             {`unknown_fields = "refuse"`, "Cache-Control: max-age=60", "detail=unkeyed-field", "detail=unkeyed-field"},
		"ignored by its stem": {"key { ignore = [\"x-an*\"] }", guessed, "stored", "hit"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.settings, always(200, "page", c.field))
			r.get("/a", "X-Any: 1").want(t, 200, c.one, "page")
			r.quiet()
			r.get("/a", "X-Any: 2").want(t, 200, c.two, "page")
		})
	}
}

// Requests with fields of which nobody knows do not keep others from sharing a
// fetch, even if one of them comes first.
func TestUnknownFieldLeads(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, `default_ttl = "60s"`, func(a *ask) {
		if a.field("X-Any") != "" {
			a.wait(release)
		}
		a.give(200, "page "+a.field("X-Any"))
	})
	odd := r.later("/a", "X-Any: 1")
	r.await("the odd request", func() bool { return len(r.origin.all()) == 1 })
	var answers []<-chan *got
	for range 10 {
		answers = append(answers, r.later("/a"))
	}
	r.waiters(11)
	close(release)
	(<-odd).want(t, 200, "detail=unkeyed-field", "page 1")
	for _, a := range answers {
		(<-a).want(t, 200, "", "page ")
	}
	r.quiet()
	r.get("/a").want(t, 200, "hit", "page ")
	r.asked(2)
	r.get("/a", "X-Any: 1").want(t, 200, "hit", "page ")
}

// Fragments that libraries ask for are not the page.
func TestSwitchingFields(t *testing.T) {
	for _, field := range []string{"X-Requested-With: XMLHttpRequest", "X-PJAX: true", "HX-Request: true", "Turbo-Frame: a", "X-Inertia: true", "RSC: 1", "Next-Router-Prefetch: 1"} {
		r := newRig(t, "", func(a *ask) {
			name, _, _ := strings.Cut(field, ":")
			a.give(200, "page"+a.field(name), "Cache-Control: max-age=60")
		})
		_, value, _ := strings.Cut(field, ": ")
		r.get("/a", field).want(t, 200, "stored", "page"+value)
		r.quiet()
		r.get("/a").want(t, 200, "stored", "page")
		r.quiet()
		r.get("/a", field).want(t, 200, "hit", "page"+value)
		r.get("/a").want(t, 200, "hit", "page")
		// A purge of the URL, as a POST gives rise to, is for both.
		r.do("POST", "/a")
		r.get("/a", field).want(t, 200, "stored", "page"+value)
	}
}

// A response that allows one origin to read it is not given to another.
func TestAllowedOrigin(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		allow := a.field("Origin")
		if allow == "" {
			a.give(200, "data", "Cache-Control: max-age=60")
			return
		}
		a.give(200, "data", "Cache-Control: max-age=60", "Access-Control-Allow-Origin: "+allow)
	})
	for range 2 {
		for _, origin := range []string{"https://a.test", "https://b.test"} {
			g := r.get("/a", "Origin: "+origin)
			if got := strings.Join(g.fields["Access-Control-Allow-Origin"], "|"); got != origin {
				t.Errorf("%s got %q, %s", origin, got, g.cache)
			}
			r.quiet()
		}
	}
	r.asked(2)
}

// A request that the rule's bypass matches gets the origin's own answer, leaves
// nothing in the cache and gets nothing from it.
func TestBypass(t *testing.T) {
	r := newRig(t, `default_ttl = "60s"
  bypass {
    cookies = ["wp_logged_in_*"]
    headers = ["X-Preview"]
    query   = ["preview", "edit_*"]
  }
  key { ignore = ["Cookie"] }`, func(a *ask) { a.give(200, "page for "+a.field("Cookie"), "Cache-Control: max-age=60") })
	r.get("/a", "Cookie: wp_logged_in_7=ann; _ga=1").want(t, 200, "fwd=bypass", "page for wp_logged_in_7=ann; _ga=1")
	r.get("/a", "Cookie: _ga=1").want(t, 200, "stored", "page for ")
	r.quiet()
	r.get("/a", "Cookie: _ga=2").want(t, 200, "hit", "page for ")
	r.get("/a", "X-Preview: 1").want(t, 200, "fwd=bypass", "page for ")
	r.get("/a?preview=1").want(t, 200, "fwd=bypass", "page for ")
	r.get("/a?x=1&edit_1").want(t, 200, "fwd=bypass", "page for ")
	r.get("/a", "Cookie: wp_logged_in_7=ann").want(t, 200, "fwd=bypass", "page for wp_logged_in_7=ann")
	r.get("/a", "Cookie: _ga=2").want(t, 200, "hit", "page for ")
}

// The variant follows what the origin saw.
func TestVaryFollowsTheFetch(t *testing.T) {
	for name, settings := range map[string]string{
		"key.cookies":    `key { cookies = ["lang"] }`,
		"key.ignore":     `key { ignore = ["Cookie"] }`,
		"request.remove": `request { remove = ["Cookie"] }`,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, settings, func(a *ask) {
				a.give(200, "page for "+a.field("Cookie"), "Cache-Control: max-age=60", "Vary: Cookie")
			})
			r.get("/a", "Cookie: _ga=1").want(t, 200, "stored", "page for ")
			r.quiet()
			r.get("/a", "Cookie: _ga=2").want(t, 200, "hit", "page for ")
			if name == "key.cookies" {
				r.get("/a", "Cookie: _ga=2; lang=de").want(t, 200, "stored", "page for lang=de")
			}
		})
	}
}

// RFC 9111 section 4.2.4: an origin that cannot be reached.
func TestStaleIfUnreachable(t *testing.T) {
	for name, c := range map[string]struct {
		settings, policy string
		fail             func(*ask)
		stale            bool
	}{
		"no answer":        {"", "max-age=10", (*ask).hangUp, true},
		"an answer":        {"", "max-age=10", always(503, "down"), false},
		"switched off":     {`stale_if_unreachable = "0s"`, "max-age=10", (*ask).hangUp, false},
		"must-revalidate":  {"", "max-age=10, must-revalidate", (*ask).hangUp, false},
		"s-maxage":         {"", "s-maxage=10", (*ask).hangUp, false},
		"s-maxage, window": {`stale_if_error = "1h"`, "s-maxage=10", (*ask).hangUp, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.settings, always(200, "page", "Cache-Control: "+c.policy, `ETag: "1"`))
			r.get("/a").want(t, 200, "stored", "page")
			r.quiet()
			r.origin.now(c.fail)
			r.sleep(time.Minute)
			if g := r.get("/a"); (g.status == 200) != c.stale {
				t.Errorf("%d %s", g.status, g.cache)
			} else if c.stale && !strings.HasSuffix(g.cache, "detail=origin-unreachable") {
				t.Errorf("Cache-Status %s", g.cache)
			}
			r.sleep(time.Hour)
			if g := r.get("/a"); g.status < 500 {
				t.Errorf("after the hour: %d %s", g.status, g.cache)
			}
		})
	}
}

// A wall holds however the path is spelled.
func TestWallIsNotDodged(t *testing.T) {
	r := newRig(t, `default_ttl = "60s"
  path "/@me" { cache = "off" }
  path "/a:b/**" { cache = "off" }`, always(200, "page"))
	for _, target := range []string{"/@me", "/%40me", "/%40%6de", "/a:b/x", "/a%3Ab/x", "/a%3ab/%40"} {
		r.get(target).want(t, 200, "fwd=bypass", "page")
		r.get(target).want(t, 200, "fwd=bypass", "page")
	}
	r.get("/%2Ame").want(t, 200, "stored", "page")
}

// Cookies of analytics neither keep a page out of the cache nor get into one.
func TestStrayCookies(t *testing.T) {
	r := newRig(t, `default_ttl = "60s"`, func(a *ask) { a.give(200, "for <"+a.field("Cookie")+">", "Vary: Cookie") })
	r.get("/a", "Cookie: _ga=alice; OptanonConsent=x").want(t, 200, "stored", "for <>")
	r.quiet()
	r.get("/a").want(t, 200, "hit", "for <>")
	r.get("/a", "Cookie: _ga=bob").want(t, 200, "hit", "for <>")
	r.get("/a", "Cookie: _ga=bob; sid=1").want(t, 200, "detail=cookie:sid", "for <sid=1>")
	r.get("/a", "Cookie: mp_user=alice").want(t, 200, "detail=cookie:mp_user", "for <mp_user=alice>")
}

// A response that sets a cookie of the key was made for clients that have it.
func TestCookieOfTheKeyIsSet(t *testing.T) {
	r := newRig(t, `key { cookies = ["currency"] }
  bypass { cookies = ["login_*"] }`, func(a *ask) {
		set := "Set-Cookie: currency=EUR"
		if a.target == "/login" {
			set = "Set-Cookie: login_7=ann; Secure"
		}
		a.give(200, "page", "Cache-Control: public, s-maxage=60", set)
	})
	for _, target := range []string{"/a", "/login"} {
		r.get(target).want(t, 200, "detail=set-cookie", "page")
		if g := r.get(target); len(g.fields["Set-Cookie"]) != 1 || !strings.Contains(g.cache, "detail=set-cookie") {
			t.Errorf("%s: %v %s", target, g.fields, g.cache)
		}
	}
}

// Pages that set a cookie are stored, and nobody gets the cookie: store_set_cookie
// decides about the store, and response about what clients get.
func TestCookieIsDroppedAndPageStored(t *testing.T) {
	for settings, want := range map[string]string{
		`store_set_cookie = true
  response { remove = ["Set-Cookie"] }`: "hit",
		`response { remove = ["Set-Cookie"] }`: "detail=set-cookie:sid",
	} {
		r := newRig(t, `default_ttl = "1m"
  key { ignore = ["Cookie"] }
  `+settings, func(a *ask) {
			if a.field("Cookie") != "" {
				t.Errorf("the origin saw %q", a.field("Cookie"))
			}
			a.give(200, "page", "Set-Cookie: sid=new")
		})
		for _, cache := range []string{"fwd=uri-miss", want} {
			g := r.get("/a", "Cookie: sid=old")
			g.want(t, 200, cache, "page")
			if len(g.fields["Set-Cookie"]) != 0 {
				t.Errorf("set %q", g.fields["Set-Cookie"])
			}
			r.quiet()
		}
	}
}

// The origin did not see the client's own session, so that the one it starts is
// not for this client.
func TestSessionIsNotReplaced(t *testing.T) {
	for _, policy := range []string{"Cache-Control: s-maxage=60", "Cache-Control: private"} {
		r := newRig(t, `key { cookies = ["currency"] }`, func(a *ask) {
			if a.field("Cookie") != "currency=EUR" {
				t.Errorf("the origin saw %q", a.field("Cookie"))
			}
			a.give(200, "page", policy, "Set-Cookie: PHPSESSID=new; path=/", "Set-Cookie: theme=dark")
		})
		g := r.get("/a", "Cookie: PHPSESSID=old; currency=EUR")
		if got := strings.Join(g.fields["Set-Cookie"], "|"); got != "theme=dark" {
			t.Errorf("%s: set %q", policy, got)
		}
		g = r.get("/b", "Cookie: currency=EUR")
		if got := strings.Join(g.fields["Set-Cookie"], "|"); got != "PHPSESSID=new; path=/|theme=dark" {
			t.Errorf("%s: set %q", policy, got)
		}
	}
}

// The same where the rule removes the cookies by itself.
func TestSessionIsNotReplacedByRemoval(t *testing.T) {
	for _, settings := range []string{`request { remove = ["Cookie"] }`, `key { ignore = ["Cookie"] }`} {
		r := newRig(t, settings, always(200, "page", "Cache-Control: private", "Set-Cookie: sid=new", "Set-Cookie: theme=dark"))
		g := r.get("/a", "Cookie: sid=old")
		if got := strings.Join(g.fields["Set-Cookie"], "|"); got != "theme=dark" {
			t.Errorf("%s: set %q", settings, got)
		}
	}
}
