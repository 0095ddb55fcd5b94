package edge

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
	"brink/purge"
	"brink/store"
)

// purge puts a hard purge of a URL in force.
func (r *rig) purge(target string, fields ...string) {
	r.t.Helper()
	r.purges.Put(purge.Rule{Kind: purge.URL, ID: r.keyed(target, fields...).purgeKey.URL()})
}

// keyed routes a GET and makes its key, but does not look it up.
func (r *rig) keyed(target string, fields ...string) *exchange {
	r.t.Helper()
	c := r.client()
	c.ask("GET", target, fields...)
	x := r.node.begin(&c.x)
	if r.node.route(x) == stepDone {
		r.t.Fatalf("%s is answered by a rule", target)
	}
	r.node.key(x)
	r.node.purgeKey(x)
	return x
}

// stored returns what is stored for a URL, or nil.
func (r *rig) stored(target string, fields ...string) *store.Object {
	r.t.Helper()
	c := r.client()
	c.ask("GET", target, fields...)
	x := r.node.begin(&c.x)
	if r.node.route(x) == stepDone {
		r.t.Fatalf("%s is answered by a rule", target)
	}
	r.node.lookup(x)
	return x.found
}

// validating answers 304 to a request with the entity tag "1", and else with a
// new body.
func validating(fields ...string) func(*ask) {
	fields = append(fields, `ETag: "1"`)
	return func(a *ask) {
		if a.field("If-None-Match") == `"1"` {
			a.give(304, "", fields...)
			return
		}
		numbered(fields...)(a)
	}
}

func TestPurge(t *testing.T) {
	r := newRig(t, `key { headers = ["X-Device"] }`, numbered("Cache-Control: max-age=60"))
	r.get("/a").want(t, 200, "", "body 1")
	r.get("/a", "X-Device: phone").want(t, 200, "", "body 2")
	r.get("/a?b").want(t, 200, "", "body 3")
	r.quiet()
	r.purge("/a")
	r.get("/a").want(t, 200, "fwd=uri-miss", "body 4")
	r.get("/a", "X-Device: phone").want(t, 200, "fwd=uri-miss", "body 5")
	r.get("/a?b").want(t, 200, "hit", "body 3")
}

// A purge that comes between the look-up and the fetch takes away what the
// fetch would have validated: a 304 cannot revive it.
func TestPurgeBeforeValidation(t *testing.T) {
	for name, wait := range map[string]string{"collapsed": "max-age=1", "alone": "no-cache"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", validating("Cache-Control: "+wait))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(2 * time.Second)
			c := r.client()
			c.ask("GET", "/a")
			if r.node.TryServe(&c.x) {
				t.Fatal("answered at once")
			}
			r.purge("/a")
			r.node.Serve(&c.x)
			body, _ := c.content()
			c.done()
			if body != "body 2" || r.origin.last().field("If-None-Match") != "" {
				t.Errorf("got %q, asked with %v", body, r.origin.last().fields)
			}
		})
	}
}

// A purge that comes while the origin validates keeps the 304 from renewing
// the stored response. Who asked before the purge may still get it.
func TestPurgeDuringValidation(t *testing.T) {
	for name, wait := range map[string]string{"collapsed": "max-age=1", "alone": "no-cache"} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			answer := validating("Cache-Control: " + wait)
			r = newRig(t, "", func(a *ask) {
				if a.field("If-None-Match") != "" {
					r.purge("/a")
				}
				answer(a)
			})
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(2 * time.Second)
			r.get("/a").want(t, 200, "fwd=stale", "body 1")
			r.quiet()
			if o := r.stored("/a"); o != nil {
				t.Error("the purged response is stored")
			}
			r.get("/a").want(t, 200, "fwd=uri-miss", "body 3")
		})
	}
}

// A response that began before a purge is not stored after it.
func TestPurgeDuringFetch(t *testing.T) {
	for name, fields := range map[string][]string{"collapsed": nil, "alone": {"X-Odd: 1"}} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			r = newRig(t, "", func(a *ask) {
				if a.n == 1 {
					r.purge("/a")
				}
				a.give(200, "body", "Cache-Control: max-age=60", "Vary: X-Odd")
			})
			r.get("/a", fields...).want(t, 200, "", "body")
			r.quiet()
			if r.stored("/a", fields...) != nil {
				t.Error("stored")
			}
			r.get("/a", fields...).want(t, 200, "", "body")
			r.quiet()
			r.get("/a", fields...).want(t, 200, "hit", "body")
		})
	}
}

// What was purged while the origin failed is not served in its place.
func TestPurgeDuringFailure(t *testing.T) {
	for name, fail := range map[string]func(*ask){"status": always(503, "down"), "connection": (*ask).hangUp} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			r = newRig(t, `stale_if_error = "1h"`, func(a *ask) {
				if a.n == 1 {
					a.give(200, "one", "Cache-Control: max-age=1", `ETag: "1"`)
					return
				}
				r.purge("/a")
				fail(a)
			})
			r.get("/a").want(t, 200, "", "one")
			r.quiet()
			r.sleep(2 * time.Second)
			g := r.get("/a")
			if g.status < 500 || g.outcome.Outcome == message.Stale {
				t.Errorf("%d %q %s", g.status, g.body, g.cache)
			}
			if name == "status" && g.body != "down" {
				t.Errorf("not the origin's own words: %q", g.body)
			}
		})
	}
}

// An item is of the site that answers for its host, whatever way it is written.
func TestPurgedSite(t *testing.T) {
	r := newRig(t, "", numbered())
	for _, c := range []struct {
		item purge.Item
		site string // "-": cannot be purged
	}{
		{purge.Item{Kind: purge.URL, Name: "http://www.example.com/a?b"}, "app"},
		{purge.Item{Kind: purge.URL, Name: "www.example.com/to?http://a/"}, "app"},
		{purge.Item{Kind: purge.URL, Name: "ftp://www.example.com/"}, "-"},
		{purge.Item{Kind: purge.URL, Name: "//www.example.com/"}, "-"},
		{purge.Item{Kind: purge.Prefix, Name: "https://WWW.example.com/a/"}, "app"},
		{purge.Item{Kind: purge.Prefix, Name: "www.example.com/a?b"}, "-"},
		{purge.Item{Kind: purge.Host, Name: "www.example.com:8080"}, "app"},
		{purge.Item{Kind: purge.Host, Name: "www.example.com/a"}, "-"},
		{purge.Item{Kind: purge.Tag, Name: "a"}, ""},
		{purge.Item{Kind: purge.All}, ""},
		{purge.Item{Kind: purge.Site, Name: "app"}, "app"},
		{purge.Item{Kind: purge.Site, Name: "ap"}, "-"},
		{purge.Item{Kind: purge.SiteTag, Name: "a", Site: "app"}, "app"},
		{purge.Item{Kind: purge.SiteTag, Name: "a", Site: "ap"}, "-"},
	} {
		site, err := r.node.PurgedSite(c.item)
		if c.site == "-" {
			if !errors.Is(err, ErrPurge) {
				t.Errorf("%+v: %q %v", c.item, site, err)
			}
			continue
		}
		if err != nil || site != c.site {
			t.Errorf("%+v: %q %v, want %q", c.item, site, err, c.site)
		}
	}
}

// A URL is purged under both schemes, however it is written, and whatever the port.
func TestPurgedURL(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60"))
	rules := func(name string) map[purge.ID]bool {
		t.Helper()
		all, err := r.node.PurgeRules(purge.Item{Kind: purge.URL, Name: name})
		if err != nil {
			t.Fatal(err)
		}
		ids := map[purge.ID]bool{}
		for _, rule := range all {
			ids[rule.ID] = true
		}
		return ids
	}
	want := rules("http://a.test/x?y")
	for _, same := range []string{"https://a.test/x?y", "a.test/x?y", "http://a.test:80/x?y", "https://A.test:443/./x?y", "HTTP://a.test/x?y#z",
		"http://a.test:443/x?y", "https://a.test:80/x?y", "http://a.test:8080/x?y"} {
		if got := rules(same); len(got) != 2 || !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", same, got, want)
		}
	}
	for _, other := range []string{"http://a.test/x", "http://b.test/x?y", "http://a.test/X?y"} {
		got := rules(other)
		if maps.Equal(got, want) {
			t.Errorf("%s is the same", other)
		}
	}
	for _, bad := range []string{"", "/x", "ftp://a.test/", "a b/", "http://"} {
		if _, err := r.node.PurgeRules(purge.Item{Kind: purge.URL, Name: bad}); !errors.Is(err, ErrPurge) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// A 304 that names other tags does not take the body that it validates out of a
// purge of the tags from before; a purge after it is by the new ones.
func TestTagsChangeDuringValidation(t *testing.T) {
	for _, c := range []struct {
		name         string
		during, soft bool // when the tag from before is purged, and how
	}{{"hard", true, false}, {"soft", true, true}, {"after it", false, false}} {
		var r *rig
		purgeOld := func() {
			r.purges.Put(purge.Rule{Kind: purge.Tag, Soft: c.soft, ID: r.purges.Names().Tag("A")})
		}
		r = newRig(t, "", func(a *ask) {
			if a.field("If-None-Match") != "" {
				if c.during {
					purgeOld()
				}
				a.give(304, "", "Cache-Control: max-age=1000", `ETag: "1"`, "Surrogate-Key: B")
				return
			}
			numbered("Cache-Control: max-age=1", `ETag: "1"`, "Surrogate-Key: A")(a)
		})
		r.get("/a").want(t, 200, "", "body 1")
		r.quiet()
		r.sleep(2 * time.Second)
		r.get("/a").want(t, 200, "", "body 1")
		r.quiet()
		if !c.during {
			purgeOld()
			r.get("/a").want(t, 200, "hit", "body 1")
		} else if g := r.get("/a"); strings.Contains(g.cache, "; hit") && !strings.Contains(g.cache, "ttl=-") {
			t.Errorf("%s: what was purged during the validation is fresh: %s", c.name, g.cache)
		}
	}
}

// A host and a prefix are those of requests under both schemes and with any port.
func TestPlacesUnderBothSchemes(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=1000"))
	names := r.purges.Names()
	for _, c := range []struct {
		kind purge.Kind
		name string
		want []purge.ID
	}{
		{purge.Host, "a.test", []purge.ID{names.Host("a.test")}},
		{purge.Host, "a.test:443", []purge.ID{names.Host("a.test")}},
		{purge.Host, "https://A.test:8443", []purge.ID{names.Host("a.test")}},
		{purge.Host, "[::1]:8443", []purge.ID{names.Host("[::1]")}},
		{purge.Prefix, "a.test:443/x/", []purge.ID{names.Prefix("a.test", "/x/")}},
		{purge.Prefix, "a.test/x/*", []purge.ID{names.Prefix("a.test", "/x/")}},
		{purge.Prefix, "a.test/x*", []purge.ID{names.Stem("a.test", "/x")}},
		{purge.URL, "http://a.test/x/../y*", []purge.ID{names.Stem("a.test", "/y")}},
		{purge.URL, "http://a.test/x?*", []purge.ID{names.Prefix("a.test", "/x")}},
		{purge.Prefix, "a.test/%2a/", []purge.ID{names.Prefix("a.test", "/%2A/"), names.Prefix("a.test", "/*/")}},
	} {
		rules, err := r.node.PurgeRules(purge.Item{Kind: c.kind, Name: c.name})
		var got []purge.ID
		for _, rule := range rules {
			got = append(got, rule.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v %s: %d rules, %v", c.kind, c.name, len(got), err)
		}
	}
	for _, pattern := range []string{"a.test/*.jpg", "*.test/", "a.test/*/x"} {
		if _, err := r.node.PurgeRules(purge.Item{Kind: purge.URL, Name: pattern}); !errors.Is(err, ErrPurge) || !errors.Is(err, purge.ErrPattern) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// What could not travel to the other nodes is refused before anything is in force.
func TestPurgeLongName(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=1000"))
	long := strings.Repeat("x", purge.MaxName+1)
	for _, item := range []purge.Item{{Kind: purge.Tag, Name: long}, {Kind: purge.SiteTag, Name: "x", Site: long}, {Kind: purge.URL, Name: "a.test/" + long}} {
		if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.All}, item}); !errors.Is(err, ErrPurge) || r.purges.Latest() != 0 {
			t.Errorf("%v: %v, latest %d", item.Kind, err, r.purges.Latest())
		}
	}
}

// While everything is doubtful each 304 renews the tags, and the same ones are there
// once; with too many the response is not kept.
func TestTagsWhileDoubtful(t *testing.T) {
	asked := 0
	r := newRig(t, "", func(a *ask) {
		tag := "A B"
		if strings.HasPrefix(a.target, "/new") {
			tag = fmt.Sprint("tag-", asked)
		}
		asked++
		if a.field("If-None-Match") != "" {
			a.give(304, "", "Cache-Control: max-age=1000", `ETag: "1"`, "Surrogate-Key: "+tag)
			return
		}
		numbered("Cache-Control: max-age=1000", `ETag: "1"`, "Surrogate-Key: "+tag)(a)
	})
	most := 0
	for _, url := range []string{"/a", "/new"} {
		r.get(url)
		r.quiet()
		r.purges.Suspect(true)
		for range 1100 {
			r.get(url)
			r.quiet()
			if o := r.stored(url); o != nil {
				most = max(most, len(o.Tags))
			}
			if url == "/a" && most > 2 {
				t.Fatalf("%d tags", most)
			}
		}
		r.purges.Suspect(false)
	}
	if most > 1024 || most < 1000 {
		t.Errorf("at most %d tags", most)
	}
}
