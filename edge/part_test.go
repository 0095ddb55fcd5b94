package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"brink/edge/wire"
)

const digits = "0123456789"

// ranging serves the digits, in part if asked for a range of one piece, under
// the entity tag that tag gives.
func ranging(tag func() string, fields ...string) func(*ask) {
	return func(a *ask) {
		fields := append(fields[:len(fields):len(fields)], "ETag: "+tag())
		asked := a.field("Range")
		if condition := a.field("If-Range"); asked == "" || condition != "" && condition != tag() {
			a.give(200, digits, fields...)
			return
		}
		first, last := 0, len(digits)-1
		if n, _ := fmt.Sscanf(asked, "bytes=%d-%d", &first, &last); n == 0 || first >= len(digits) {
			a.give(416, "", "Content-Range: bytes */10")
			return
		}
		last = min(last, len(digits)-1)
		a.give(206, digits[first:last+1], append(fields, fmt.Sprintf("Content-Range: bytes %d-%d/%d", first, last, len(digits)))...)
	}
}

func tagged(tag string) func() string { return func() string { return tag } }

// A range of what is not stored is fetched alone and kept as a part; what it
// lacks is fetched for the whole (RFC 9111 section 3.4).
func TestPartIsCompleted(t *testing.T) {
	for name, asked := range map[string]string{"first": "bytes=0-3", "last": "bytes=6-9"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", ranging(tagged(`"1"`), "Cache-Control: max-age=60"))
			want := map[string]string{"first": "0123", "last": "6789"}[name]
			g := r.get("/a", "Range: "+asked)
			g.want(t, 206, "fwd=uri-miss; fwd-status=206; ttl=60; stored", want)
			if r.origin.last().field("Range") != asked {
				t.Errorf("asked for %q", r.origin.last().field("Range"))
			}
			r.quiet()
			r.get("/a", "Range: "+asked).want(t, 206, "hit", want)
			r.asked(1)

			r.get("/a").want(t, 200, "fwd=partial; fwd-status=206", digits)
			rest := map[string]string{"first": "bytes=4-", "last": "bytes=0-5"}[name]
			if a := r.origin.last(); a.field("Range") != rest || a.field("If-Range") != `"1"` {
				t.Errorf("asked for %v", a.fields)
			}
			r.quiet()
			g = r.get("/a")
			g.want(t, 200, "hit", digits)
			if g.field("Content-Range") != "" {
				t.Errorf("%v", g.fields)
			}
			r.asked(2)
		})
	}
}

// Two parts that overlap or touch make one.
func TestPartsAreCombined(t *testing.T) {
	r := newRig(t, "", ranging(tagged(`"1"`), "Cache-Control: max-age=60"))
	r.get("/a", "Range: bytes=2-4").want(t, 206, "", "234")
	r.quiet()
	r.get("/a", "Range: bytes=4-6").want(t, 206, "fwd=partial", "456")
	r.await("both parts", func() bool { return r.stored("/a").Length == 5 })
	r.get("/a", "Range: bytes=2-6").want(t, 206, "hit", "23456")
	r.asked(2)
}

// A part that does not fit the rest, for any reason, is thrown away.
func TestPartThatDoesNotFit(t *testing.T) {
	whole := func(tag string) func(*ask) {
		return ranging(tagged(tag), "Cache-Control: max-age=60")
	}
	for name, second := range map[string]func(*ask){
		"another tag": whole(`"2"`),
		"another tag in part": func(a *ask) {
			if a.n == 2 {
				a.give(206, "456789", `ETag: "2"`, "Content-Range: bytes 4-9/10", "Cache-Control: max-age=60")
				return
			}
			whole(`"2"`)(a)
		},
		"overlap": func(a *ask) {
			if a.n == 2 {
				a.give(206, "23456789", `ETag: "1"`, "Content-Range: bytes 2-9/10", "Cache-Control: max-age=60")
				return
			}
			whole(`"1"`)(a)
		},
		"gap": func(a *ask) {
			if a.n == 2 {
				a.give(206, "6789", `ETag: "1"`, "Content-Range: bytes 6-9/10", "Cache-Control: max-age=60")
				return
			}
			whole(`"1"`)(a)
		},
		"another length": func(a *ask) {
			if a.n == 2 {
				a.give(206, "45678", `ETag: "1"`, "Content-Range: bytes 4-8/9", "Cache-Control: max-age=60")
				return
			}
			whole(`"1"`)(a)
		},
		"unsatisfiable": func(a *ask) {
			if a.n == 2 {
				a.give(416, "", "Content-Range: bytes */3")
				return
			}
			whole(`"1"`)(a)
		},
		"no part at all": always(200, digits, `ETag: "1"`, "Cache-Control: max-age=60"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", whole(`"1"`))
			r.get("/a", "Range: bytes=0-3").want(t, 206, "", "0123")
			r.quiet()
			r.origin.now(second)
			r.get("/a").want(t, 200, "fwd=partial", digits)
			r.quiet()
			r.get("/a").want(t, 200, "hit", digits)
		})
	}
}

// A part that the origin sends without saying how long it is must be as long as
// Content-Range says.
func TestPartOfWrongLength(t *testing.T) {
	for name, chunk := range map[string]string{"short": "2\r\n01\r\n", "long": "5\r\n01234\r\n"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", func(a *ask) {
				a.begin(206, -1, `ETag: "1"`, "Content-Range: bytes 0-3/10", "Cache-Control: max-age=60")
				a.say(chunk + "0\r\n\r\n")
			})
			if g := r.get("/a", "Range: bytes=0-3"); g.err == nil && g.body != "0123" && g.field("Proxy-Status") != "edge-1; error=http_response_incomplete; received-status=206" {
				t.Errorf("%d %q %v", g.status, g.body, g.fields)
			}
			r.quiet()
			if r.stored("/a") != nil {
				t.Error("stored")
			}
		})
	}
}

// Preconditions come before the range (RFC 9110 section 13.2.2), for what has
// just been fetched too.
func TestRangeWithCondition(t *testing.T) {
	for _, c := range []struct {
		field  string
		status int
		body   string
	}{
		{`If-None-Match: "2"`, 206, "0123"},
		{`If-None-Match: "1"`, 304, ""},
		{`If-Range: "1"`, 206, "0123"},
		{`If-Range: "2"`, 200, digits},
	} {
		r := newRig(t, "", ranging(tagged(`"1"`), "Cache-Control: max-age=60"))
		r.get("/a", "Range: bytes=0-3", c.field).want(t, c.status, "fwd=uri-miss", c.body)
		r.quiet()
		r.get("/a", "Range: bytes=0-3", c.field).want(t, c.status, "hit", c.body)
		r.asked(1)
	}
}

// Several ranges, or one that is malformed, are no reason to ask for a part.
func TestRangesOfWhatIsFetched(t *testing.T) {
	r := newRig(t, "", ranging(tagged(`"1"`), "Cache-Control: max-age=60"))
	r.get("/bad", "Range: bytes=x").want(t, 200, "", digits)
	g := r.get("/two", "Range: bytes=0-1", "Range: bytes=3-4")
	g.want(t, 200, "", digits)
	r.quiet()
	r.get("/two", "Range: bytes=0-1, 5-6")
}

// A range of what is growing is served as soon as its bytes are there.
func TestRangeOfGrowingBody(t *testing.T) {
	release := make(chan struct{})
	slow := func(a *ask) {
		a.begin(200, len(digits), "Cache-Control: max-age=60", `ETag: "1"`)
		a.say(digits[:5])
		a.wait(release)
		a.say(digits[5:])
	}
	r := newRig(t, "", slow)
	r.origin.now(always(200, digits, "Cache-Control: max-age=60", `ETag: "0"`))
	r.get("/a")
	r.quiet()
	r.sleep(61 * time.Second)
	r.origin.now(slow)
	g := r.get("/a", "Range: bytes=2-4")
	g.want(t, 206, "fwd=stale; fwd-status=200", "234")
	if g.field("Content-Range") != "bytes 2-4/10" {
		t.Errorf("%v", g.fields)
	}
	g = r.get("/a", "Range: bytes=20-")
	if g.status != 416 || g.field("Content-Range") != "bytes */10" {
		t.Errorf("%d %v", g.status, g.fields)
	}
	late := r.later("/a", "Range: bytes=-3")
	r.await("the reader", func() bool { all := r.node.Fills(); return len(all) == 1 && all[0].Readers >= 1 })
	close(release)
	(<-late).want(t, 206, "collapsed", "789")
	r.asked(2)
}

// A range of all there is, as media players begin, is fetched once for all.
func TestRangeOfAll(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		ranging(tagged(`"1"`), "Cache-Control: max-age=60")(a)
	})
	answers := r.many(10, "/a", "Range: bytes=0-")
	close(release)
	for _, a := range answers {
		g := <-a
		g.want(t, 206, "fwd=uri-miss", digits)
		if g.field("Content-Range") != "bytes 0-9/10" {
			t.Errorf("%v", g.fields)
		}
	}
	r.asked(1)
	r.quiet()
	r.get("/a").want(t, 200, "hit", digits)
}

// A part that ends after the whole has come takes nothing away.
func TestPartAfterTheWhole(t *testing.T) {
	for name, tag := range map[string]string{"same": `"1"`, "newer": `"2"`} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.field("Range") != "" {
					a.wait(release)
					ranging(tagged(tag), "Cache-Control: max-age=60")(a)
					return
				}
				ranging(tagged(`"1"`), "Cache-Control: max-age=60")(a)
			})
			part := r.later("/a", "Range: bytes=2-4")
			r.await("the part to be asked for", func() bool { return len(r.origin.all()) == 1 })
			r.get("/a").want(t, 200, "stored", digits)
			r.await("the whole", func() bool { return len(r.node.Fills()) == 0 })
			close(release)
			(<-part).want(t, 206, "", "234")
			r.await("what is stored", func() bool {
				o := r.stored("/a")
				return o.Head.Get(wire.ETag)[1] == tag[1] && (o.Partial == nil) == (name == "same")
			})
		})
	}
}

// Ranges of what is stored.
func TestRangeHit(t *testing.T) {
	r := newRig(t, "", always(200, digits, "Cache-Control: max-age=60", "Content-Type: text/plain"))
	r.get("/a").want(t, 200, "", digits)
	r.quiet()
	for _, c := range []struct {
		asked  string
		status int
		body   string
		kind   string
	}{
		{"bytes=0-0", 206, "0", "bytes 0-0/10"},
		{"bytes=8-", 206, "89", "bytes 8-9/10"},
		{"bytes=-2", 206, "89", "bytes 8-9/10"},
		{"bytes=-20", 206, digits, "bytes 0-9/10"},
		{"bytes=10-", 416, "", "bytes */10"},
		{"bytes=5-4", 200, digits, ""},
		{"lines=1-2", 200, digits, ""},
	} {
		g := r.get("/a", "Range: "+c.asked)
		g.want(t, c.status, "hit", c.body)
		if g.field("Content-Range") != c.kind {
			t.Errorf("%s: %q", c.asked, g.field("Content-Range"))
		}
	}
	g := r.get("/a", "Range: bytes=0-1, 5-6")
	if g.status != 206 || strings.Count(g.body, "Content-Range: bytes") != 2 || !strings.Contains(g.body, "\r\n\r\n56\r\n") {
		t.Errorf("%d %q", g.status, g.body)
	}
	r.asked(1)
}

// A part does not outlive the newer response that may not be stored.
func TestPartIsSuperseded(t *testing.T) {
	for _, second := range [][]string{nil, {"Range: bytes=4-9"}} {
		changed := false
		r := newRig(t, "", func(a *ask) {
			switch {
			case !changed:
				a.give(206, "aaaa", `ETag: "1"`, "Cache-Control: max-age=600", "Content-Range: bytes 0-3/10")
			case a.field("Range") == "bytes=4-9":
				a.give(206, "bbbbbb", `ETag: "2"`, "Cache-Control: no-store", "Content-Range: bytes 4-9/10")
			case a.field("Range") == "bytes=0-3":
				a.give(206, "bbbb", `ETag: "2"`, "Cache-Control: no-store", "Content-Range: bytes 0-3/10")
			default:
				a.give(200, "bbbbbbbbbb", `ETag: "2"`, "Cache-Control: no-store")
			}
		})
		r.get("/a", "Range: bytes=0-3").want(t, 206, "stored", "aaaa")
		r.quiet()
		changed = true
		if g := r.get("/a", second...); g.field("ETag") != `"2"` {
			t.Fatal(g.body, g.cache)
		}
		r.quiet()
		if g := r.get("/a", "Range: bytes=0-3"); g.body != "bbbb" {
			t.Errorf("%q: after version 2: %q: %s", second, g.body, g.cache)
		}
		r.quiet()
	}
}
