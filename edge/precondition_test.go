package edge

import (
	"strings"
	"testing"

	"brink/edge/message"
)

// RFC 9110 sections 13.1.1 and 13.1.4: If-Match and If-Unmodified-Since are about
// the state that the resource is in now. The origin answers, with a range too, and
// what is stored stays as it is.
func TestPreconditionsArePassed(t *testing.T) {
	const since = "If-Unmodified-Since: Sun, 22 Nov 2026 10:00:00 GMT"
	r := newRig(t, "", func(a *ask) {
		switch {
		case a.field("If-Match") == `"2"`:
			a.give(412, "changed", "Cache-Control: max-age=60", `ETag: "1"`)
		case a.field("Range") != "":
			a.give(206, "bo", "Content-Range: bytes 0-1/4", `ETag: "1"`)
		default:
			a.give(200, "body", "Cache-Control: max-age=60", `ETag: "1"`)
		}
	})
	r.get("/a").want(t, 200, "stored", "body")
	r.quiet()
	for i, c := range []struct {
		method string
		fields []string
		status int
		body   string
	}{
		{"GET", []string{`If-Match: "2"`}, 412, "changed"},
		{"GET", []string{`If-Match: "1"`, "Range: bytes=0-1"}, 206, "bo"},
		{"GET", []string{since, "Range: bytes=0-1"}, 206, "bo"},
		{"GET", []string{since, `If-None-Match: "x"`}, 200, "body"},
		{"HEAD", []string{`If-Match: "2"`}, 412, ""},
	} {
		g := r.do(c.method, "/a", c.fields...)
		g.want(t, c.status, "fwd=bypass", c.body)
		if g.outcome.Outcome != message.Pass || g.outcome.Reason != message.ReasonPrecondition {
			t.Errorf("%q: %s", c.fields, g.cache)
		}
		last := r.origin.last()
		for _, name := range []string{"If-Match", "If-Unmodified-Since", "If-None-Match", "Range"} {
			if want := fieldOf(c.fields, name); last.field(name) != want {
				t.Errorf("%q: the origin got %s: %q", c.fields, name, last.field(name))
			}
		}
		r.get("/a").want(t, 200, "hit; ttl=60", "body")
		r.asked(i + 2)
	}
}

// fieldOf returns the value of the line called name, or "".
func fieldOf(lines []string, name string) string {
	for _, l := range lines {
		if field, value, _ := strings.Cut(l, ": "); field == name {
			return value
		}
	}
	return ""
}
