package model

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"
)

// urls are what histories are about: a rule of each kind, and two hosts with
// one path.
var urls = []string{
	"one.test/a", "two.test/a", "one.test/b?x=1", "one.test/off/c", "one.test/ttl/d", "one.test/honour/e", "one.test/stale/f",
}

// varies are the sets of fields by which resources vary: fewer than the node
// keeps apart.
var varies = [][]string{
	nil, nil, nil, nil, {"accept-language"}, {"accept-encoding"}, {"x-tier"}, {"accept-language", "x-tier"}, {"cookie"}, {"*"},
}

func oneOf[T any](t *rapid.T, label string, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, label)
}

// oneIn is true in one of n cases.
func oneIn(t *rapid.T, n int, label string) bool { return rapid.IntRange(0, n-1).Draw(t, label) == n-1 }

func drawControl(t *rapid.T) *control {
	if oneIn(t, 6, "no Cache-Control") {
		return nil
	}
	c := &control{
		maxAge:         oneOf(t, "max-age", 60, 60, 600, 600, 10, 1, 0, absent),
		sMaxAge:        oneOf(t, "s-maxage", absent, absent, absent, 30, 0),
		revalidate:     oneOf(t, "stale-while-revalidate", absent, absent, 20),
		ifError:        oneOf(t, "stale-if-error", absent, absent, 100),
		noStore:        oneIn(t, 16, "no-store"),
		noCache:        oneIn(t, 12, "no-cache"),
		private:        oneIn(t, 16, "private"),
		public:         oneIn(t, 6, "public"),
		mustRevalidate: oneIn(t, 8, "must-revalidate"),
		immutable:      oneIn(t, 8, "immutable"),
	}
	if c.String() == "" {
		return nil
	}
	return c
}

// drawPolicy sets what r says of its freshness, which says nothing of what it
// is.
func drawPolicy(t *rapid.T, r *resource) {
	r.control = drawControl(t)
	r.date = oneOf[int64](t, "date", 0, 0, 0, 0, -5, 5, absent)
	r.expires = oneOf[int64](t, "expires", absent, absent, 0, 40, -10)
	r.age = oneOf[int64](t, "age", absent, absent, absent, 5, 0)
	r.cookie = oneIn(t, 16, "Set-Cookie")
	r.terse = oneIn(t, 3, "terse")
	r.protect(t)
}

// drawResource makes r something else.
func drawResource(t *rapid.T, r *resource, now int64) {
	r.size = oneOf[int64](t, "size", 0, 1, 10, 100, 100, 5000, 20_000, 70_000)
	if oneIn(t, 40, "large") {
		r.size = 600_000
	}
	r.status = oneOf(t, "status", 200, 200, 200, 200, 200, 200, 200, 200, 404, 301, 410, 299, 503)
	r.tag = oneOf(t, "tag", "", "strong", "strong", "weak")
	r.modified = max(r.modified+1, oneOf(t, "modified", absent, now-3600, now-20, now-30*86400))
	if r.modified < 0 {
		r.modified = absent
	}
	r.vary = rapid.SampledFrom(varies).Draw(t, "vary")
	if r.personal = oneIn(t, 6, "personal"); r.personal && oneIn(t, 4, "says so by Vary") {
		r.vary = []string{"authorization", "cookie"}
	}
	r.names = rapid.Bool().Draw(t, "names its language")
	r.framing = oneOf(t, "framing", "length", "length", "chunked", "close")
	r.ranges = rapid.Bool().Draw(t, "ranges")
	drawPolicy(t, r)
}

// protect sees to it that an origin with personal content says so, in one of
// the ways that there are.
func (r *resource) protect(t *rapid.T) {
	if !r.personal {
		return
	}
	c := control{maxAge: absent, sMaxAge: absent, revalidate: absent, ifError: absent}
	if r.control != nil {
		c = *r.control
	}
	c.public, c.sMaxAge, c.mustRevalidate = false, absent, false // which would open what Authorization closes
	guards := []string{"private", "no-store", "Set-Cookie"}
	if !r.ruled {
		guards = append(guards, "silence")
	}
	if slices.Contains(r.vary, "authorization") {
		guards = append(guards, "Vary", "Vary", "Vary")
	}
	switch rapid.SampledFrom(guards).Draw(t, "guard") {
	case "private":
		c.private = true
	case "no-store":
		c.noStore = true
	case "Set-Cookie":
		r.cookie = true
	case "silence": // about caching: nothing is guessed for users
		r.control, r.expires = nil, absent
		return
	}
	r.control = &c
	if c.String() == "" {
		r.control = nil
	}
}

func drawRequest(t *rapid.T, urls []string) request {
	url := rapid.SampledFrom(urls).Draw(t, "url")
	q := request{
		method: "GET", host: url[:8], path: url[8:], since: absent,
		user:     oneOf(t, "user", "", "", "", "alice", "bob"),
		language: oneOf(t, "language", "", "", "en", "EN", "de", "en, de;q=0.5", "de;q=0.5,en", "de, en;q=0.5"),
		encoding: oneOf(t, "encoding", "", "", "identity", "gzip", "gzip;q=0.3", "br", "br, gzip", "gzip,br;q=0.9", "gzip, br;q=0"),
		tier:     oneOf(t, "tier", "", "", "", "gold", "silver"),
	}
	q.bearer = q.user != "" && rapid.Bool().Draw(t, "bearer")
	if oneIn(t, 8, "HEAD") {
		q.method = "HEAD"
	}
	if oneIn(t, 4, "directive") {
		q.control = oneOf(t, "request directive", "no-store", "no-cache", "max-age=5", "min-fresh=30", "max-stale", "only-if-cached")
	}
	return q
}

// drawConditions adds conditions and a range to q: on what h, a response of
// the same URL, was.
func drawConditions(t *rapid.T, q *request, h *head) {
	switch rapid.IntRange(0, 4).Draw(t, "conditions") {
	case 0:
		q.tags = oneOf(t, "If-None-Match", h.tag, `"other"`, `"other", `+tagOf(h.rep, "strong"), "*")
	case 1:
		if h.modified != absent {
			q.since = h.modified + oneOf[int64](t, "since", -1, 0, 1)
		}
	case 2, 3:
		size := h.size()
		first := rapid.Int64Range(0, size+10).Draw(t, "first")
		last := rapid.Int64Range(first, size+20).Draw(t, "last")
		q.ranges = oneOf(t, "range", fmt.Sprintf("bytes=%d-%d", first, last), fmt.Sprintf("bytes=%d-", first), fmt.Sprintf("bytes=-%d", last+1), "bytes=0-0,5-6")
		if oneIn(t, 3, "If-Range") {
			q.ifRange = oneOf(t, "If-Range value", tagOf(h.rep, "strong"), `"other"`)
			if h.modified != absent && oneIn(t, 2, "If-Range date") {
				q.ifRange = httpDate(h.modified)
			}
		}
	}
}
