package edge

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// RFC 9111 section 4.3.4: a 304 about another representation renews nothing;
// one whose tag a compressing server has marked renews what was meant.
func TestRenewNamesAnotherTag(t *testing.T) {
	for _, c := range []struct {
		tag  string
		asks int
		body string
	}{
		{`"2"`, 3, "body 3"}, {`W/"2"`, 3, "body 3"}, {`"1-gzip"`, 2, "body 1"}, {`W/"1"`, 2, "body 1"},
	} {
		r := newRig(t, "", func(a *ask) {
			if a.field("If-None-Match") != "" {
				a.give(304, "", "ETag: "+c.tag, "Cache-Control: max-age=10")
				return
			}
			a.give(200, fmt.Sprint("body ", a.n), "Cache-Control: max-age=10", fmt.Sprintf(`ETag: "%d"`, a.n))
		})
		r.get("/a").want(t, 200, "stored", "body 1")
		r.quiet()
		r.sleep(11 * time.Second)
		r.get("/a").want(t, 200, "stored", c.body)
		r.quiet()
		r.get("/a").want(t, 200, "hit; ttl=10", c.body)
		r.asked(c.asks)
	}
}

// RFC 9111 section 4.1: a 304 that adds Vary makes the response a variant. All
// who wait and select it get it, and it is there when the origin is not.
func TestRenewAddsVary(t *testing.T) {
	var down atomic.Bool
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		lang := a.field("Accept-Language")
		switch {
		case down.Load():
			a.hangUp()
		case a.n == 1:
			a.give(200, "body", "Cache-Control: max-age=10, stale-if-error=60", `ETag: "1"`)
		case lang == "en" && a.field("If-None-Match") != "":
			a.wait(release)
			a.give(304, "", `ETag: "1"`, "Vary: Accept-Language")
		default:
			a.give(200, "body "+lang, "Cache-Control: max-age=10", `ETag: "2"`, "Vary: Accept-Language")
		}
	})
	r.get("/a", "Accept-Language: en").want(t, 200, "stored", "body")
	r.quiet()
	r.sleep(11 * time.Second)
	english := r.many(20, "/a", "Accept-Language: en")
	var german []<-chan *got
	for range 5 {
		german = append(german, r.later("/a", "Accept-Language: de"))
	}
	r.waiters(25)
	close(release)
	for _, g := range english {
		(<-g).want(t, 200, "", "body")
	}
	for _, g := range german {
		(<-g).want(t, 200, "", "body de")
	}
	r.quiet()
	r.asked(3) // the first, one 304, one for all in German
	r.get("/a", "Accept-Language: en").want(t, 200, "hit; ttl=10", "body")
	r.get("/a", "Accept-Language: de").want(t, 200, "hit; ttl=10", "body de")

	down.Store(true)
	r.sleep(11 * time.Second)
	r.get("/a", "Accept-Language: en").want(t, 200, "detail=origin-unreachable", "body")
}

// The same in the background: who asks meanwhile gets what there was.
func TestRefreshAddsVary(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		lang := a.field("Accept-Language")
		switch {
		case a.n == 1:
			a.give(200, "body", "Cache-Control: max-age=10, stale-while-revalidate=60", `ETag: "1"`)
		case lang == "en":
			a.give(304, "", `ETag: "1"`, "Vary: Accept-Language")
		default:
			a.give(200, "body "+lang, "Cache-Control: max-age=10", "Vary: Accept-Language")
		}
	})
	r.get("/a").want(t, 200, "stored", "body")
	r.quiet()
	r.sleep(11 * time.Second)
	for _, lang := range []string{"en", "en", "de"} { // the first refresh shows by what the response varies
		r.get("/a", "Accept-Language: "+lang).want(t, 200, "detail=refresh", "body")
		r.quiet()
	}
	for range 2 {
		r.get("/a", "Accept-Language: en").want(t, 200, "hit; ttl=10", "body")
		r.get("/a", "Accept-Language: de").want(t, 200, "hit; ttl=10", "body de")
	}
	r.asked(4)
}

// The same for a request that fetches on its own, as the answer is validated
// each time, and for a Vary that changes.
func TestRenewChangesVaryAlone(t *testing.T) {
	vary := "Accept-Language"
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") != "" {
			a.give(304, "", "Vary: "+vary)
			return
		}
		a.give(200, a.field("Accept-Language")+a.field("Accept"), "Cache-Control: no-cache", `ETag: "1"`, "Vary: "+vary)
	})
	en := []string{"Accept-Language: en", "Accept: text/html"}
	r.get("/a", en...).want(t, 200, "stored", "entext/html")
	vary = "Accept"
	for range 3 {
		r.quiet()
		r.get("/a", en...).want(t, 200, "fwd-status=304; ttl=", "entext/html")
	}
	r.asked(4)
	r.get("/a", "Accept-Language: de", "Accept: text/html").want(t, 200, "fwd-status=304", "entext/html")
	r.get("/a", "Accept-Language: de", "Accept: text/plain").want(t, 200, "fwd-status=200", "detext/plain")
}

// The Access-Control-Allow-Origin of a 304 is for the Origin that asked, whether
// Vary says so or not.
func TestRenewForOneOrigin(t *testing.T) {
	for _, vary := range []string{"", "Vary: Origin"} {
		r := newRig(t, "", func(a *ask) {
			fields := []string{"Cache-Control: max-age=10", `ETag: "1"`}
			if a.n > 1 {
				fields = append(fields, "Access-Control-Allow-Origin: "+a.field("Origin"), vary)
			}
			if vary == "" && a.n > 1 {
				fields = fields[:3]
			}
			if a.field("If-None-Match") != "" {
				a.give(304, "", fields...)
				return
			}
			a.give(200, "body", fields...)
		})
		r.get("/a").want(t, 200, "stored", "body")
		for range 2 {
			for _, origin := range []string{"https://a.test", "https://b.test"} {
				r.quiet()
				r.sleep(11 * time.Second)
				for range 2 {
					g := r.get("/a", "Origin: "+origin)
					g.want(t, 200, "", "body")
					if got := g.field("Access-Control-Allow-Origin"); got != origin {
						t.Errorf("%q: %s got %q: %s", vary, origin, got, g.cache)
					}
				}
				if g := r.get("/a", "Origin: "+origin); !strings.HasPrefix(g.cache, "hit") {
					t.Errorf("%q: %s: %s", vary, origin, g.cache)
				}
			}
		}
	}
}

// A 304 that brings No-Vary-Search is stored like a 200 that does.
func TestRenewAddsNoVarySearch(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") != "" {
			a.wait(release)
			a.give(304, "", `ETag: "1"`, noVarySearch)
			return
		}
		a.give(200, fmt.Sprint("body ", a.n), "Cache-Control: max-age=10", `ETag: "1"`)
	})
	r.get("/a?utm=1").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(11 * time.Second)
	all := r.many(20, "/a?utm=1")
	close(release)
	for _, g := range all {
		(<-g).want(t, 200, "", "body 1")
	}
	r.asked(2)
}
