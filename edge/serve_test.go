package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
)

// What the node refuses by itself.
func TestRefuse(t *testing.T) {
	o := newFakeOrigin(t, always(200, "body", "Cache-Control: max-age=60"))
	r := startRig(t, o, fmt.Sprintf(`
node { id = "edge-1" }
log { access = "off" }
origin "app" {
  server "http://%s" {}
}
site "app" {
  hosts  = ["a.test"]
  origin = "app"
  path "/off" { cache = "off" }
}`, o.l.Addr()))
	many := strings.TrimSuffix(strings.Repeat("1.1 x, ", 11), ", ")
	for _, c := range []struct {
		name, method, target string
		fields               []string
		status               int
		reason               message.Reason
	}{
		// RFC 9110 section 15.5.20.
		{"host", "GET", "/", []string{"Host: b.test"}, 421, message.ReasonUnknownHost},
		// RFC 8586, RFC 9110 section 7.6.3.
		{"loop", "GET", "/", []string{"CDN-Loop: other, EDGE-1; v=1"}, 508, message.ReasonLoop},
		{"broken loop", "GET", "/", []string{"CDN-Loop: a b"}, 400, message.ReasonBadRequest},
		{"hops", "GET", "/", []string{"Via: " + many}, 508, message.ReasonLoop},
		// RFC 9110 section 9.3.8.
		{"TRACE", "TRACE", "/", nil, 405, message.ReasonMethodRefused},
		{"PURGE", "PURGE", "/", nil, 405, message.ReasonMethodRefused},
		// RFC 9111 section 5.2.1.7.
		{"only if cached", "GET", "/", []string{"Cache-Control: only-if-cached"}, 504, message.ReasonOnlyIfCached},
		{"only if cached, never", "GET", "/off", []string{"Cache-Control: only-if-cached"}, 504, message.ReasonOnlyIfCached},
		{"only if cached HEAD", "HEAD", "/", []string{"Cache-Control: only-if-cached"}, 504, message.ReasonOnlyIfCached},
	} {
		g := r.do(c.method, c.target, c.fields...)
		if g.status != c.status || g.outcome.Outcome != message.Refused || g.outcome.Reason != c.reason {
			t.Errorf("%s: %d %s", c.name, g.status, g.cache)
		}
		if g.field("Cache-Control") != "no-store" || g.field("Date") == "" || c.method != "HEAD" && !strings.Contains(g.body, c.reason.String()) {
			t.Errorf("%s: %v %q", c.name, g.fields, g.body)
		}
		if (g.field("Allow") != "") != (c.status == 405) {
			t.Errorf("%s: Allow %q", c.name, g.field("Allow"))
		}
	}
	r.asked(0)
	r.get("/", "CDN-Loop: other", "Via: 1.1 other").want(t, 200, "fwd=uri-miss", "body")
	r.quiet()
	r.get("/", "Cache-Control: only-if-cached").want(t, 200, "hit", "body")
}

// What is passed is asked for each time, as the client asked for it.
func TestPass(t *testing.T) {
	r := newRig(t, `
  ttl                 = "1h"
  head_fetch          = "head"
  store_set_cookie    = true
  store_private       = true
  store_authorization = true
  path "/off/**" { cache = "off" }`, func(a *ask) {
		a.give(200, fmt.Sprint(a.method, a.n), "Cache-Control: max-age=60", "Content-Location: "+a.target)
	})
	for i, c := range []struct{ method, target, cache string }{
		{"GET", "/off/a", "fwd=bypass; fwd-status=200"},
		{"GET", "/off/a", "fwd=bypass; fwd-status=200"},
		{"HEAD", "/off/a", "fwd=bypass; fwd-status=200"},
		{"POST", "/off/a", "fwd=method; fwd-status=200"},
		{"GET", "/off/a", "fwd=bypass; fwd-status=200"},
		{"OPTIONS", "/a", "fwd=method; fwd-status=200"},
		{"OPTIONS", "*", "fwd=method; fwd-status=200"},
		{"HEAD", "/a", "fwd=uri-miss; fwd-status=200"},
		{"GET", "/a%2Fb", "fwd=bypass; fwd-status=200; detail=suspect-path"},
	} {
		body := fmt.Sprint(c.method, i+1)
		if c.method == "HEAD" {
			body = ""
		}
		r.do(c.method, c.target, "If-None-Match: \"x\"").want(t, 200, c.cache, body)
		if a := r.origin.last(); a.target != c.target || a.field("If-None-Match") != `"x"` {
			t.Errorf("asked for %s with %v", a.target, a.fields)
		}
	}
	r.quiet()
	if s := r.store.Stats(); s.Objects != 0 || s.Settling != 0 {
		t.Errorf("stored: %+v", s)
	}
}

// client_directives = "honour": what a client asks of freshness counts (RFC
// 9111 section 5.2.1); without it, it does not.
func TestClientDirectives(t *testing.T) {
	for _, c := range []struct {
		directive     string
		stale         bool
		honoured, not string
	}{
		{"no-cache", false, "fwd=request", "hit"},
		{"max-age=0", false, "fwd=request", "hit"},
		{"max-age=30", false, "hit", "hit"},
		{"min-fresh=50", false, "fwd=request", "hit"},
		{"min-fresh=1", false, "hit", "hit"},
		{"max-stale", true, "hit; ttl=-10", "fwd=stale"},
		{"max-stale=5", true, "fwd=stale", "fwd=stale"},
		{"max-stale=50", true, "hit; ttl=-10", "fwd=stale"},
	} {
		for setting, want := range map[string]string{"honour": c.honoured, "ignore": c.not} {
			r := newRig(t, fmt.Sprintf("client_directives = %q", setting), validating("Cache-Control: max-age=60"))
			r.get("/a")
			r.quiet()
			r.sleep(20 * time.Second)
			if c.stale {
				r.sleep(50 * time.Second)
			}
			r.get("/a", "Cache-Control: "+c.directive).want(t, 200, want, "body 1")
		}
	}
}

// negative_ttl: errors are fresh for as long as the rule says where the origin
// does not.
func TestNegative(t *testing.T) {
	r := newRig(t, `negative_ttl = { "404" = "10s", "503" = "1s" }`, func(a *ask) {
		status := 404
		if a.target == "/503" {
			status = 503
		}
		a.give(status, fmt.Sprint("no ", a.n))
	})
	r.get("/404").want(t, 404, "stored", "no 1")
	r.get("/503").want(t, 503, "stored", "no 2")
	r.quiet()
	r.get("/404").want(t, 404, "hit; ttl=10", "no 1")
	r.get("/503").want(t, 503, "hit; ttl=1", "no 2")
	r.sleep(2 * time.Second)
	r.get("/404").want(t, 404, "hit; ttl=8", "no 1")
	r.get("/503").want(t, 503, "fwd=stale", "no 3")
}

// What a response is that may not be shared, a client's conditions hold for it
// all the same (RFC 9110 section 13.2.1): the fetch did not carry them.
func TestConditionsOfWhatIsNotStored(t *testing.T) {
	for name, fields := range map[string][]string{"shared": nil, "alone": {"X-Odd: 1"}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", always(200, "body", "Cache-Control: private", `ETag: "1"`, "Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT"))
			for _, c := range []struct {
				condition string
				status    int
				body      string
			}{
				{`If-None-Match: "1"`, 304, ""},
				{`If-None-Match: "2"`, 200, "body"},
				{`If-Modified-Since: Sun, 22 Nov 2026 10:00:00 GMT`, 304, ""},
			} {
				g := r.get("/a", append(fields, c.condition)...)
				g.want(t, c.status, "fwd-status=200; detail=private", c.body)
				if g.field("ETag") != `"1"` {
					t.Errorf("%v", g.fields)
				}
			}
		})
	}
}
