package edge

import (
	"fmt"
	"testing"
	"time"
)

// A page that is stored for each user whom a trusted proxy names is refreshed for
// that user.
func TestRefreshNamesUser(t *testing.T) {
	for _, status := range []int{200, 304} {
		r := newRig(t, `key { headers = ["x-remote-user"] }`, func(a *ask) {
			user := a.field("X-Remote-User")
			fields := []string{"Cache-Control: public, max-age=10, stale-while-revalidate=60", `ETag: "` + user + `"`}
			if status == 304 && a.field("If-None-Match") == fields[1][len("ETag: "):] {
				a.give(304, "", fields...)
				return
			}
			a.give(200, fmt.Sprint("page of ", user), fields...)
		})
		get := func(want string) {
			t.Helper()
			r.behind().do("GET", "/a", "X-Remote-User: alice").want(t, 200, want, "page of alice")
			r.quiet()
		}
		get("stored")
		r.sleep(11 * time.Second)
		get("detail=refresh")
		if asked := r.origin.last().field("X-Remote-User"); asked != "alice" {
			t.Errorf("refreshed for %q", asked)
		}
		get("hit; ttl=10")
		r.asked(2)
		r.get("/a", "X-Remote-User: alice").want(t, 200, "detail=forged-field", "page of ")
	}
}
