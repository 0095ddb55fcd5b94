package edge

import (
	"fmt"
	"testing"
	"time"
)

// RFC 9111 section 4.4: what an unsafe request that succeeds makes out of date
// is gone before its client hears of the success.
func TestInvalidation(t *testing.T) {
	for _, c := range []struct {
		name   string
		method string
		status int
		fields []string
		gone   []string
		kept   []string
	}{
		{"POST", "POST", 200, nil, []string{"/a"}, []string{"/b", "/a?x"}},
		{"PUT", "PUT", 204, nil, []string{"/a"}, []string{"/b"}},
		{"unknown", "M-SEARCH", 200, nil, []string{"/a"}, []string{"/b"}},
		{"redirect", "POST", 303, []string{"Location: /b"}, []string{"/a", "/b"}, []string{"/a?x"}},
		{"Content-Location", "DELETE", 200, []string{"Content-Location: http://a.test/b"}, []string{"/a", "/b"}, nil},
		{"another host", "POST", 200, []string{"Location: http://b.test/b"}, []string{"/a"}, []string{"/b"}},
		{"error", "POST", 400, []string{"Location: /b"}, nil, []string{"/a", "/b"}},
		{"safe", "OPTIONS", 200, []string{"Location: /b"}, nil, []string{"/a", "/b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, `key { headers = ["X-Device"] }`, func(a *ask) {
				if a.method != "GET" {
					a.give(c.status, "", c.fields...)
					return
				}
				numbered("Cache-Control: max-age=60")(a)
			})
			for _, target := range []string{"/a", "/b", "/a?x"} {
				r.get(target)
				r.get(target, "X-Device: phone")
			}
			r.quiet()
			client := r.client()
			client.ask(c.method, "/a")
			client.serve()
			for _, target := range c.gone {
				if r.stored(target) != nil || r.stored(target, "X-Device: phone") != nil {
					t.Errorf("%s is still there", target)
				}
			}
			for _, target := range c.kept {
				if r.stored(target) == nil || r.stored(target, "X-Device: phone") == nil {
					t.Errorf("%s is gone", target)
				}
			}
			client.done()
		})
	}
}

// RFC 9110 section 9.3.3: the response to a POST that names the URL itself and
// says how long it is fresh answers later GETs.
func TestPosted(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		a.give(200, fmt.Sprint(a.method, " ", a.body), "Cache-Control: max-age=60", "Content-Location: /a")
	})
	r.get("/a").want(t, 200, "", "GET ")
	r.quiet()
	r.do("POST", "/a").want(t, 200, "fwd=method; fwd-status=200; stored", "POST ")
	r.quiet()
	r.get("/a").want(t, 200, "hit; ttl=60", "POST ")
	r.do("POST", "/b").want(t, 200, "fwd=method; fwd-status=200", "POST ")
	r.get("/b").want(t, 200, "fwd=uri-miss", "GET ")
}

// A purge that came while the POST was under way covers its response.
func TestPurgeDuringPost(t *testing.T) {
	for name, target := range map[string]string{"of the URL": "/a", "of another": "/b"} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			r = newRig(t, "", func(a *ask) {
				r.purge(target)
				a.give(200, "posted", "Cache-Control: max-age=60", "Content-Location: /a")
			})
			r.do("POST", "/a").want(t, 200, "", "posted")
			r.quiet()
			if got := r.stored("/a") != nil; got != (target == "/b") {
				t.Errorf("stored: %v", got)
			}
		})
	}
}

// A HEAD that is passed on renews what is stored, or shows that it is out of
// date (RFC 9111 section 4.3.5).
func TestHeadUpdates(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		stored bool
		ttl    string
	}{
		"same":           {[]string{`ETag: "1"`, "Cache-Control: max-age=60", "X-New: yes"}, true, "hit; ttl=60"},
		"another tag":    {[]string{`ETag: "2"`, "Cache-Control: max-age=60"}, false, ""},
		"another length": {[]string{`ETag: "1"`, "Cache-Control: max-age=60"}, false, ""},
		"no-store":       {[]string{`ETag: "1"`, "Cache-Control: no-store"}, true, "fwd=stale"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `head_fetch = "head"`, func(a *ask) {
				length := 4
				if name == "another length" {
					length = 5
				}
				if a.method == "HEAD" {
					a.begin(200, length, c.fields...)
					return
				}
				a.give(200, "body", `ETag: "1"`, "Cache-Control: max-age=10")
			})
			r.get("/a")
			r.quiet()
			r.sleep(20 * time.Second)
			g := r.do("HEAD", "/a")
			g.want(t, 200, "fwd=stale", "")
			if got := r.stored("/a") != nil; got != c.stored {
				t.Errorf("stored: %v", got)
			}
			if c.ttl != "" {
				r.get("/a").want(t, 200, c.ttl, "body")
			}
		})
	}
}

// What a HEAD says of a response that is stored no longer does not bring it
// back.
func TestHeadRevivesNothing(t *testing.T) {
	for name, meanwhile := range map[string]func(r *rig){
		"purged":   func(r *rig) { r.purge("/a") },
		"replaced": func(r *rig) { r.get("/a", "X-Odd: 1").want(r.t, 200, "stored", "new"); r.quiet() },
	} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			r = newRig(t, `head_fetch = "head"`, func(a *ask) {
				switch {
				case a.method == "HEAD":
					meanwhile(r)
					a.begin(200, 3, `ETag: "1"`, "Cache-Control: max-age=60")
				case a.n == 1:
					a.give(200, "old", `ETag: "1"`, "Cache-Control: max-age=10")
				default:
					a.give(200, "new", `ETag: "2"`, "Cache-Control: max-age=60")
				}
			})
			r.get("/a").want(t, 200, "", "old")
			r.quiet()
			r.sleep(20 * time.Second)
			r.do("HEAD", "/a")
			r.quiet()
			r.get("/a").want(t, 200, "", "new")
		})
	}
}

// The same for a 304.
func TestValidationRevivesNothing(t *testing.T) {
	var r *rig
	r = newRig(t, "", func(a *ask) {
		switch {
		case a.n == 1:
			a.give(200, "old", `ETag: "1"`, "Cache-Control: no-cache, max-age=60")
		case a.field("X-Odd") == "":
			r.get("/a", "X-Odd: 1")
			r.quiet()
			a.give(304, "", `ETag: "1"`, "Cache-Control: max-age=60")
		default:
			a.give(200, "new", `ETag: "2"`, "Cache-Control: max-age=60")
		}
	})
	r.get("/a").want(t, 200, "", "old")
	r.quiet()
	r.get("/a").want(t, 200, "fwd=stale", "old")
	r.quiet()
	r.get("/a").want(t, 200, "hit", "new")
}
