package edge

import (
	"strings"
	"testing"
	"time"
)

// RFC 9213 section 3.1: clients get CDN-Cache-Control, but no field for this node. A
// rule can change that, for responses that are passed on and for stored ones.
func TestShowTargeted(t *testing.T) {
	const targeted = "CDN-Cache-Control: max-age=10|Surrogate-Control: max-age=10|Brink-Cache-Control: max-age=10"
	o := newFakeOrigin(t, func(a *ask) {
		lines := append(strings.Split(targeted, "|"), `ETag: "1"`)
		if a.field("If-None-Match") != "" {
			a.give(304, "", `ETag: "1"`)
			return
		}
		a.give(200, "one", lines...)
	})
	names := []string{"CDN-Cache-Control", "Surrogate-Control", "Brink-Cache-Control"}
	shown := func(g *got) (list string) {
		for _, name := range names {
			if g.field(name) != "" {
				list += name + " "
			}
		}
		return list
	}
	r := startRig(t, o, confOf(o, "", `
  path "/all/**" { show_targeted = ["Brink-Cache-Control", "Surrogate-Control", "CDN-Cache-Control"] }
  path "/none/**" { show_targeted = [] }`))
	for _, c := range []struct{ target, want string }{
		{"/a", "CDN-Cache-Control "}, {"/none/a", ""}, {"/all/a", "CDN-Cache-Control Surrogate-Control Brink-Cache-Control "},
	} {
		for _, method := range []string{"GET", "GET", "POST"} {
			if g := r.do(method, c.target); shown(g) != c.want {
				t.Errorf("%s %s (%s): %q, want %q", method, c.target, g.cache, shown(g), c.want)
			}
			r.quiet()
		}
	}

	// A reload counts from the origin's next answer on, which may be a 304.
	r.get("/b").want(t, 200, "stored", "one")
	if err := r.apply(confOf(o, "", "show_targeted = []")); err != nil {
		t.Fatal(err)
	}
	r.sleep(11 * time.Second)
	g := r.get("/b")
	g.want(t, 200, "fwd-status=304", "one")
	if shown(g) != "" {
		t.Errorf("after the reload: %s", shown(g))
	}
	g = r.get("/b")
	g.want(t, 200, "hit; ttl=10", "one")
	if shown(g) != "" {
		t.Errorf("after the reload, hit: %s", shown(g))
	}
}
