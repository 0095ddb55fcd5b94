package edge

import (
	"testing"
	"time"
)

// What one request alone kept from being stored takes nothing away from
// others: the stored response still stands in when the origin fails (RFC 5861
// section 4).
func TestOneRequestDropsNothing(t *testing.T) {
	for name, line := range map[string]string{
		"no-store":      "Cache-Control: no-store",
		"authorization": "Authorization: Basic YTpi",
		"unkeyed field": "X-Unknown: 1",
	} {
		t.Run(name, func(t *testing.T) {
			fails := false
			r := newRig(t, `unknown_fields = "refuse"`, func(a *ask) {
				if fails {
					a.give(503, "down")
					return
				}
				numbered("Cache-Control: max-age=10, stale-if-error=60")(a)
			})
			r.get("/a").want(t, 200, "fwd=uri-miss", "body 1")
			r.quiet()
			r.sleep(11 * time.Second)
			r.get("/a", line).want(t, 200, "fwd=stale", "body 2")
			fails = true
			r.get("/a").want(t, 200, "fwd=stale; fwd-status=503", "body 1")
		})
	}
}

// A range that holds for one representation only (RFC 9110 section 13.1.5) is
// not asked for without that condition.
func TestRangeKeepsItsCondition(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("Range") != "" && a.field("If-Range") != `"old"` {
			a.give(206, "w", "Content-Range: bytes 0-0/3", `ETag: "new"`)
			return
		}
		a.give(200, "new", `ETag: "new"`, "Cache-Control: max-age=10")
	})
	r.get("/a", "Range: bytes=0-0", `If-Range: "old"`).want(t, 200, "fwd=uri-miss", "new")
}

// Freshness is guessed for nobody who names himself, when it is stored and
// when it is validated.
func TestNoGuessForAuthorization(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		fields := []string{"Cache-Control: public", "Last-Modified: Sun, 22 Nov 2020 10:00:00 GMT"}
		if a.field("If-Modified-Since") != "" {
			a.give(304, "", fields...)
			return
		}
		a.give(200, "one", fields...)
	})
	for range 3 {
		r.get("/a", "Authorization: Basic YTpi").want(t, 200, "fwd", "one")
		r.quiet()
	}
	r.asked(3)
}
