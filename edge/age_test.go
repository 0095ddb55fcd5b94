package edge

import (
	"testing"
	"time"
)

// RFC 9111 section 5.1: Age says that a response was not made for the request.
// Who fetched it gets the origin's, if there is one; who shares it, or is given
// it later, gets its age.
func TestAge(t *testing.T) {
	for name, c := range map[string]struct {
		fields                []string
		first, shared, stored string
	}{
		"fresh":       {nil, "", "3", "8"},
		"aged before": {[]string{"Age: 100"}, "100", "103", "108"},
	} {
		t.Run(name, func(t *testing.T) {
			var r *rig
			release := make(chan struct{})
			r = newRig(t, "", func(a *ask) {
				a.wait(release)
				r.sleep(3 * time.Second)
				a.give(200, "body", append(c.fields, "Cache-Control: max-age=1000")...)
			})
			answers := r.many(2, "/a")
			close(release)
			for _, a := range answers {
				g := <-a
				want := c.first
				if g.outcome.Collapsed {
					want = c.shared
				}
				if g.field("Age") != want {
					t.Errorf("%s: Age %q, want %q", g.cache, g.field("Age"), want)
				}
			}
			r.quiet()
			r.sleep(5 * time.Second)
			if g := r.get("/a"); g.field("Age") != c.stored {
				t.Errorf("hit: Age %q, want %q", g.field("Age"), c.stored)
			}
		})
	}
}
