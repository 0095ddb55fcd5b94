package edge

import (
	"strings"
	"testing"
)

// Request fields that are removed or set on the way to the origin cannot
// select its response.
func TestEditedFieldsAreKeyed(t *testing.T) {
	r := newRig(t, `request {
    remove = ["X-Odd"]
    set    = { "X-Token" = "secret" }
  }`, numbered("Cache-Control: max-age=60"))
	r.get("/a", "X-Odd: 1", "X-Token: mine").want(t, 200, "stored", "body 1")
	asked := r.origin.last()
	if asked.field("X-Odd") != "" || asked.field("X-Token") != "secret" {
		t.Errorf("%v", asked.fields)
	}
}

// Edits of the response are made to each reply, and once.
func TestResponseEdits(t *testing.T) {
	r := newRig(t, `
  response {
    remove = ["Server"]
    set    = { "X-Frame" = "DENY" }
  }
  path "/fixed" {
    respond { status = 404 }
  }
  path "/moved" {
    redirect { to = "/fixed" }
  }
  path "/off" { cache = "off" }
`, func(a *ask) {
		if a.target == "/down" {
			a.hangUp()
			return
		}
		a.give(200, "body", "Cache-Control: max-age=60", `ETag: "1"`, "Server: x", "X-Frame: origin")
	})
	for _, c := range []struct {
		name, method, target string
		fields               []string
		status               int
	}{
		{"miss", "GET", "/a", nil, 200},
		{"hit", "GET", "/a", nil, 200},
		{"HEAD", "HEAD", "/a", nil, 200},
		{"not modified", "GET", "/a", []string{`If-None-Match: "1"`}, 304},
		{"range", "GET", "/a", []string{"Range: bytes=0-0"}, 206},
		{"ranges", "GET", "/a", []string{"Range: bytes=0-0, 2-2"}, 206},
		{"no range", "GET", "/a", []string{"Range: bytes=9-"}, 416},
		{"pass", "POST", "/a", nil, 200},
		{"off", "GET", "/off", nil, 200},
		{"fixed", "GET", "/fixed", nil, 404},
		{"redirect", "GET", "/moved", nil, 302},
		{"refused", "TRACE", "/a", nil, 405},
		{"failed", "GET", "/down", nil, 502},
		{"only if cached", "GET", "/never", []string{"Cache-Control: only-if-cached"}, 504},
	} {
		g := r.do(c.method, c.target, c.fields...)
		if g.status != c.status || len(g.fields.Values("X-Frame")) != 1 || g.field("X-Frame") != "DENY" || g.field("Server") != "" {
			t.Errorf("%s: %d %v", c.name, g.status, g.fields)
		}
	}
}

// A set Content-Type is that of the parts; the multipart body has its own.
func TestMultipartKeepsItsType(t *testing.T) {
	r := newRig(t, `response {
    set = { "Content-Type" = "text/x-set" }
  }`, always(200, "0123456789", "Cache-Control: max-age=60", "Content-Type: text/plain"))
	r.get("/a").want(t, 200, "", "0123456789")
	r.quiet()
	g := r.get("/a", "Range: bytes=0-1, 5-6")
	if kind := g.field("Content-Type"); g.status != 206 || !strings.HasPrefix(kind, "multipart/byteranges; boundary=") {
		t.Errorf("%d %q", g.status, kind)
	}
	if kind := r.get("/a", "Range: bytes=0-1").field("Content-Type"); kind != "text/x-set" {
		t.Errorf("%q", kind)
	}
}
