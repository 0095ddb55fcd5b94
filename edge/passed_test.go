package edge

import (
	"strings"
	"testing"
	"time"
)

// With cookies in the key a shared response is made of these alone. A HEAD that is
// passed on takes all cookies along, so it must not write into it.
func TestHeadWithOtherCookies(t *testing.T) {
	r := newRig(t, `
  head_fetch = "head"
  key { cookies = ["lang"] }`, func(a *ask) {
		fields := []string{"Cache-Control: max-age=60", `ETag: "1"`}
		if _, user, ok := strings.Cut(a.field("Cookie"), "session="); ok {
			fields = append(fields, "X-Account: "+user)
		}
		a.give(200, "page", fields...)
	})
	r.get("/a", "Cookie: lang=en; session=bob").want(t, 200, "stored", "page")
	r.quiet()
	r.sleep(61 * time.Second)
	r.do("HEAD", "/a", "Cookie: lang=en; session=alice")
	g := r.get("/a", "Cookie: lang=en")
	if g.field("X-Account") != "" {
		t.Errorf("%s: anonymous client got X-Account: %s", g.cache, g.field("X-Account"))
	}
}

// The same for the response to a POST that answers later GETs.
func TestPostedWithOtherCookies(t *testing.T) {
	r := newRig(t, `key { cookies = ["lang"] }`, func(a *ask) {
		_, user, _ := strings.Cut(a.field("Cookie"), "session=")
		a.give(200, "for "+user, "Cache-Control: max-age=60", "Content-Location: /a")
	})
	r.do("POST", "/a", "Cookie: lang=en; session=alice")
	r.quiet()
	if g := r.get("/a", "Cookie: lang=en"); g.body != "for " {
		t.Errorf("%s: anonymous client got %q", g.cache, g.body)
	}
}

// What a POST is answered in a coding that the key does not know is not for those
// who take none.
func TestPostedInAnotherCoding(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		fields := []string{"Cache-Control: max-age=60", "Content-Location: /a", "Vary: Accept-Encoding"}
		if strings.Contains(a.field("Accept-Encoding"), "deflate") {
			a.give(200, "\x78\x9c...", append(fields, "Content-Encoding: deflate")...)
			return
		}
		a.give(200, "plain", fields...)
	})
	r.do("POST", "/a", "Accept-Encoding: deflate")
	r.quiet()
	if g := r.get("/a"); g.field("Content-Encoding") != "" || g.body != "plain" {
		t.Errorf("%s: client without Accept-Encoding got %q in %q", g.cache, g.body, g.field("Content-Encoding"))
	}
}

// What Connection names does not reach the origin of a request that is passed on, so
// the response is not the variant of it.
func TestPostedWithNominatedField(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		a.give(200, "in <"+a.field("Accept-Language")+">", "Cache-Control: max-age=60", "Content-Location: /a", "Vary: Accept-Language")
	})
	r.do("POST", "/a", "Accept-Language: de", "Connection: accept-language")
	r.quiet()
	if g := r.get("/a", "Accept-Language: de"); g.body != "in <de>" {
		t.Errorf("%s: %q", g.cache, g.body)
	}
}
