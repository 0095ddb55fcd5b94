package model

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// resource is what the origin has under a URL.
type resource struct {
	version  int // newer than all before it, of any resource
	size     int64
	status   int
	tag      string // "": no ETag; "strong"; "weak"
	modified int64  // or absent
	control  *control
	date     int64 // seconds that the origin's clock is ahead by; absent: no Date
	expires  int64 // seconds after the Date, or absent
	age      int64 // or absent
	vary     []string
	personal bool   // each user has another
	cookie   bool   // the answer sets one
	names    bool   // the answer says which language it is in
	framing  string // "length", "chunked" or "close"
	ranges   bool   // it answers ranges
	terse    bool   // a 304 has no Cache-Control, Expires and Vary
	ruled    bool   // the conf says how long it is fresh, whatever it says itself
}

// span is a stretch of a representation; of length 0: nothing.
type span struct{ first, length int64 }

// head is the whole of r for q at now.
func (r *resource) head(q *request, now time.Duration) head {
	h := head{
		status: r.status, version: r.version, control: r.control, vary: r.vary, cookie: r.cookie,
		date: absent, expires: absent, modified: r.modified, age: r.age,
	}
	clock := unix(now)
	if r.date != absent {
		clock += r.date
		h.date = clock
	}
	if r.expires != absent {
		h.expires = clock + r.expires
	}
	rep := fmt.Sprintf("%s version=%d", q.url(), r.version)
	for _, field := range r.vary {
		switch {
		case field == "*":
		case field == "accept-language" && r.names:
			rep += " language=" + q.favourite()
		default:
			rep += fmt.Sprintf(" %s=%q", field, q.canon(field))
		}
	}
	if r.names && h.varies("accept-language") {
		h.language = q.favourite()
	}
	if r.personal {
		h.user = q.user
		rep += " user=" + q.user
	}
	h.rep = rep + " size=" + strconv.FormatInt(r.size, 10)
	h.tag = tagOf(h.rep, r.tag)
	return h
}

func tagOf(rep, kind string) string {
	sum := fnv.New64a()
	sum.Write([]byte(rep))
	tag := strconv.Quote(strconv.FormatUint(sum.Sum64(), 36))
	switch kind {
	case "strong":
		return tag
	case "weak":
		return "W/" + tag
	}
	return ""
}

// answer is what r says to q: its head, which part of it, and further lines.
func (r *resource) answer(q *request, now time.Duration) (h head, body span, lines []string) {
	h = r.head(q, now)
	body = span{0, r.size}
	switch {
	case h.status == 200 && notModified(q, &h):
		h.status, body = 304, span{}
		if r.terse {
			h.control, h.expires, h.vary = nil, absent, nil
		}
	case h.status == 200 && r.ranges && q.method == "GET" && q.ranges != "" && rangeHolds(q, &h):
		spans, ok := parseRanges(q.ranges, r.size)
		switch {
		case ok && len(spans) == 0:
			h.status, body = 416, span{}
			lines = []string{"Content-Range", fmt.Sprintf("bytes */%d", r.size)}
		case ok && len(spans) == 1:
			h.status, body = 206, spans[0]
			lines = []string{"Content-Range", contentRange(body, r.size)}
		}
	}
	if q.method == "HEAD" {
		body.length = 0
	}
	return h, body, lines
}

// notModified is RFC 9110 section 13.2.2 for GET and HEAD.
func notModified(q *request, h *head) bool {
	if q.tags != "" {
		for tag := range strings.SplitSeq(q.tags, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || h.tag != "" && weak(tag) == weak(h.tag) {
				return true
			}
		}
		return false
	}
	return q.since != absent && h.modified != absent && h.modified <= q.since
}

func weak(tag string) string { return strings.TrimPrefix(tag, "W/") }

// rangeHolds is RFC 9110 section 13.1.5.
func rangeHolds(q *request, h *head) bool {
	switch {
	case q.ifRange == "":
		return true
	case strings.HasPrefix(q.ifRange, `"`):
		return q.ifRange == h.tag
	}
	return h.modified != absent && q.ifRange == httpDate(h.modified) && h.date > h.modified
}

// parseRanges reads a Range field that is well formed. ok is false if there is
// nothing to take a range of.
func parseRanges(field string, size int64) (spans []span, ok bool) {
	for spec := range strings.SplitSeq(strings.TrimPrefix(field, "bytes="), ",") {
		from, to, _ := strings.Cut(strings.TrimSpace(spec), "-")
		first, last := number(from), number(to)
		switch {
		case from == "":
			first, last = max(0, size-last), size-1
		case to == "":
			last = size - 1
		}
		if last = min(last, size-1); first <= last {
			spans = append(spans, span{first, last - first + 1})
		}
	}
	return spans, size > 0
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return absent
	}
	return n
}

func contentRange(s span, size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.first, s.first+s.length-1, size)
}
