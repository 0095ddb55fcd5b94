package model

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// absent means that a message does not have the number.
const absent = -1 << 32

// request is a request in the model's words.
type request struct {
	method     string
	host, path string
	user       string // "": nobody
	bearer     bool   // the user is named in Authorization, not in Cookie
	language   string // field values as written; "": no such field
	encoding   string
	tier       string
	control    string
	ranges     string
	ifRange    string
	tags       string // If-None-Match
	since      int64  // If-Modified-Since in Unix seconds, or absent
}

func (q *request) url() string { return q.host + q.path }

// fields lists the request's field lines.
func (q *request) fields() []string {
	lines := []string{"Host", q.host}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name, value)
		}
	}
	switch {
	case q.user != "" && q.bearer:
		add("Authorization", "Bearer "+q.user)
	case q.user != "":
		add("Cookie", "user="+q.user)
	}
	add("Accept-Language", q.language)
	add("Accept-Encoding", q.encoding)
	add("X-Tier", q.tier)
	add("Cache-Control", q.control)
	add("Range", q.ranges)
	add("If-Range", q.ifRange)
	add("If-None-Match", q.tags)
	if q.since != absent {
		add("If-Modified-Since", httpDate(q.since))
	}
	return lines
}

// parseRequest reads back what fields wrote, from a request that came over the
// network.
func parseRequest(r *http.Request) request {
	h := r.Header
	q := request{
		method: r.Method, host: r.Host, path: r.RequestURI, since: absent,
		language: join(h, "Accept-Language"), encoding: join(h, "Accept-Encoding"), tier: join(h, "X-Tier"),
		control: join(h, "Cache-Control"), ranges: join(h, "Range"), ifRange: join(h, "If-Range"), tags: join(h, "If-None-Match"),
	}
	if user, ok := strings.CutPrefix(h.Get("Authorization"), "Bearer "); ok {
		q.user, q.bearer = user, true
	} else {
		q.user = strings.TrimPrefix(h.Get("Cookie"), "user=")
	}
	if at, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil {
		q.since = at.Unix()
	}
	return q
}

func join(h http.Header, name string) string { return strings.Join(h.Values(name), ", ") }

// canon gives equal texts for values of a request field that mean the same.
func (q *request) canon(field string) string {
	switch field {
	case "accept-language":
		return canonical(languages, q.language)
	case "accept-encoding":
		return canonical(encodings, q.encoding)
	case "x-tier":
		return q.tier
	case "cookie", "authorization":
		if q.bearer == (field == "authorization") {
			return q.user
		}
		return ""
	}
	panic("BUG: the model knows no field " + field)
}

// favourite is the language that q likes best.
func (q *request) favourite() string {
	language, _, _ := strings.Cut(q.canon("accept-language"), ">")
	return language
}

// languages and encodings are the values that clients send, but for blanks,
// and what each means.
var (
	languages = map[string]string{
		"": "", "en": "en", "EN": "en", "de": "de", "en,de;q=0.5": "en>de", "de;q=0.5,en": "en>de", "de,en;q=0.5": "de>en",
	}
	encodings = map[string]string{
		"": "", "identity": "", "gzip": "gzip", "gzip;q=0.3": "gzip", "br": "br", "br,gzip": "br gzip", "gzip,br;q=0.9": "br gzip", "gzip,br;q=0": "gzip",
	}
)

func canonical(meanings map[string]string, value string) string {
	if meaning, ok := meanings[strings.Join(strings.Fields(value), "")]; ok {
		return meaning
	}
	panic(fmt.Sprintf("BUG: the model knows no value %q", value))
}

// control is a Cache-Control field of a response. Numbers are seconds.
type control struct {
	maxAge, sMaxAge, revalidate, ifError int

	noStore, noCache, private, public, mustRevalidate, immutable bool
}

func (c *control) String() string {
	var parts []string
	flag := func(name string, on bool) {
		if on {
			parts = append(parts, name)
		}
	}
	number := func(name string, n int) {
		if n != absent {
			parts = append(parts, name+"="+strconv.Itoa(n))
		}
	}
	flag("public", c.public)
	number("max-age", c.maxAge)
	number("s-maxage", c.sMaxAge)
	flag("no-store", c.noStore)
	flag("no-cache", c.noCache)
	flag("private", c.private)
	flag("must-revalidate", c.mustRevalidate)
	flag("immutable", c.immutable)
	number("stale-while-revalidate", c.revalidate)
	number("stale-if-error", c.ifError)
	return strings.Join(parts, ", ")
}

// head is a response head in the model's words. Times are in Unix seconds.
type head struct {
	id       int // of the answer: the origin gives each another
	status   int
	rep      string // names the representation, whose bytes follow from it; "": none
	version  int
	user     string // whose content it is; "": anybody's
	control  *control
	date     int64 // or absent
	expires  int64 // or absent
	modified int64 // or absent
	age      int64 // or absent
	vary     []string
	tag      string // ETag
	language string // Content-Language
	cookie   bool   // it sets one
}

// size is the length of the representation.
func (h *head) size() int64 {
	n, err := strconv.ParseInt(h.rep[strings.LastIndexByte(h.rep, '=')+1:], 10, 64)
	if err != nil {
		panic("BUG: a representation without a size: " + h.rep)
	}
	return n
}

// fields lists the head's field lines.
func (h *head) fields() []string {
	lines := []string{"X-Id", strconv.Itoa(h.id)}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name, value)
		}
	}
	add("X-Rep", h.rep)
	add("X-User", h.user)
	add("ETag", h.tag)
	add("Content-Language", h.language)
	add("Vary", strings.Join(h.vary, ", "))
	if h.control != nil {
		add("Cache-Control", h.control.String())
	}
	for name, at := range map[string]int64{"Date": h.date, "Expires": h.expires, "Last-Modified": h.modified} {
		if at != absent {
			add(name, httpDate(at))
		}
	}
	if h.age != absent {
		add("Age", strconv.FormatInt(h.age, 10))
	}
	if h.cookie {
		add("Set-Cookie", "seen=1")
	}
	return lines
}

// updated is h with what a 304 or the answer to a HEAD says in its place.
func (h head) updated(by *head) head {
	h.id, h.age = by.id, by.age
	if by.control != nil {
		h.control = by.control
	}
	if by.expires != absent {
		h.expires = by.expires
	}
	if by.modified != absent {
		h.modified = by.modified
	}
	if by.vary != nil {
		h.vary = by.vary
	}
	h.date = by.date
	h.cookie = by.cookie
	return h
}

func (h *head) varies(field string) bool { return slices.Contains(h.vary, field) }

func itoa(n int) string { return strconv.Itoa(n) }

func parseDate(s string) (unix int64, err error) {
	at, err := http.ParseTime(s)
	return at.Unix(), err
}

func httpDate(unix int64) string { return time.Unix(unix, 0).UTC().Format(http.TimeFormat) }
