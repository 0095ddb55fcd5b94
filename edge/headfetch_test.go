package edge

import (
	"fmt"
	"testing"
	"time"

	"brink/edge/message"
)

// A HEAD that misses fetches all, once for all who ask, by HEAD or by GET, and
// does not wait for the body.
func TestHeadFetches(t *testing.T) {
	for name, length := range map[string]int{"length": len(digits), "no length": -1} {
		t.Run(name, func(t *testing.T) {
			release, head := make(chan struct{}), make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				a.wait(head)
				a.begin(200, length, "Cache-Control: max-age=60", `ETag: "1"`)
				a.wait(release)
				if length < 0 {
					a.say(fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(digits), digits))
				} else {
					a.say(digits)
				}
			})
			var heads []<-chan *got
			for range 5 {
				c := r.client()
				done := make(chan *got, 1)
				heads = append(heads, done)
				go func() { done <- c.do("HEAD", "/a") }()
			}
			r.waiters(5)
			close(head)
			for _, h := range heads {
				g := <-h // although the body has still to come
				g.want(t, 200, "ttl=60", "")
				if g.length != int64(length) || g.field("ETag") != `"1"` || g.outcome.Outcome != message.Miss {
					t.Errorf("length %d, %s", g.length, g.cache)
				}
			}
			r.do("HEAD", "/a", `If-None-Match: "1"`).want(t, 304, "collapsed", "")
			close(release)
			r.quiet()
			r.get("/a").want(t, 200, "hit", digits)
			if g := r.do("HEAD", "/a"); g.length != int64(len(digits)) {
				t.Errorf("length %d", g.length)
			}
			r.asked(1)
			if m := r.origin.last().method; m != "GET" {
				t.Errorf("asked with %s", m)
			}
		})
	}
}

// A stale response is validated, as by a GET.
func TestHeadValidates(t *testing.T) {
	r := newRig(t, "", validating("Cache-Control: max-age=10"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(11 * time.Second)
	r.do("HEAD", "/a").want(t, 200, "fwd=stale; fwd-status=304; ttl=10; stored", "")
	r.get("/a").want(t, 200, "hit", "body 1")
	r.asked(2)
}

// Where nothing can be stored, the first HEAD shows it, and the next ones are
// passed on as they are. So are those that share nothing to begin with.
func TestHeadOfUncacheable(t *testing.T) {
	r := newRig(t, `path "/head/**" { head_fetch = "head" }`, func(a *ask) {
		a.give(200, digits, "Cache-Control: private, max-age=60", `ETag: "1"`)
	})
	for i, c := range []struct {
		target, field, method string
		status                int
	}{
		{"/a", "Accept: a", "GET", 200},
		{"/a", "Accept: a", "HEAD", 200},
		{"/a", "Accept: x", "HEAD", 200},
		{"/b", `If-None-Match: "1"`, "GET", 304},
		{"/c", "Cache-Control: no-store", "HEAD", 200},
		{"/d", "X-Odd: 1", "GET", 200},
		{"/e", "Range: bytes=0-1", "HEAD", 200},
		{"/head/a", "Accept: x", "HEAD", 200},
	} {
		g := r.do("HEAD", c.target, c.field)
		g.want(t, c.status, "fwd-status=200", "")
		if c.status == 200 && g.length != int64(len(digits)) {
			t.Errorf("%s: length %d", c.target, g.length)
		}
		r.quiet()
		r.asked(i + 1)
		if m := r.origin.last().method; m != c.method {
			t.Errorf("%s %s: asked with %s, want %s: %s", c.target, c.field, m, c.method, g.cache)
		}
	}
}

// A body that breaks off behind the head that was given is not stored.
func TestHeadOfBrokenBody(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		if a.n > 1 {
			a.give(200, digits, "Cache-Control: max-age=60")
			return
		}
		a.begin(200, len(digits), "Cache-Control: max-age=60")
		a.say("01")
		a.wait(release)
		a.hangUp()
	})
	r.do("HEAD", "/a").want(t, 200, "fwd=uri-miss", "")
	close(release)
	r.quiet()
	r.get("/a").want(t, 200, "fwd=uri-miss; fwd-status=200; ttl=60; stored", digits)
}

// The origin is down: a HEAD, too, gets a stale response if there is one, else an error.
func TestHeadWithoutOrigin(t *testing.T) {
	r := newRig(t, "", always(200, "body", "Cache-Control: max-age=10, stale-if-error=60"))
	r.get("/a").want(t, 200, "stored", "body")
	r.quiet()
	r.origin.now((*ask).hangUp)
	r.sleep(11 * time.Second)
	r.do("HEAD", "/a").want(t, 200, "detail=origin-unreachable", "")
	if g := r.do("HEAD", "/b"); g.status != 502 || g.outcome.Outcome != message.Failed {
		t.Errorf("%d, %s", g.status, g.cache)
	}
}
