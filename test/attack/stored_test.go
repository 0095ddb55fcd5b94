package attack

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// kept is what an origin answers with, and whether a second client gets it from
// the cache. Lines have no CRLF at the end.
type kept struct {
	name, status, lines string
	stored              bool
}

// keeping makes a world whose origin answers below "/" and a number with each
// of a list, and with a page of its own for each request.
func keeping(t *testing.T, s setup, list []kept) *world {
	for i, k := range list {
		lines := k.lines
		if lines != "" {
			lines += "\r\n"
		}
		s.routes = append(s.routes, route{prefix: fmt.Sprintf("/%d/", i), serve: func(a *answer, q *seen) { a.reply(q, k.status, lines, q.page()) }})
	}
	return newWorld(t, s)
}

// again asks twice with the same field lines, and returns both answers. They must be equal
// if the answer may be stored, and must differ if it may not.
func (w *world) again(t *testing.T, target string, stored bool, lines ...string) (first, second *response) {
	t.Helper()
	first, second = w.get(t, target, lines...), w.get(t, target, lines...)
	if second.cached() != stored || second.body == first.body != stored {
		t.Fatalf("stored is %t, want %t: %+v, then %+v", second.cached(), stored, first, second)
	}
	for _, r := range []*response{first, second} {
		checkAge(t, r)
	}
	return first, second
}

var ttl = regexp.MustCompile(`; ttl=(-?\d+)`)

// checkAge checks what the node says of the age of a response and of the time
// that it has left: numbers of at most 31 bits, and no negative age.
func checkAge(t *testing.T, r *response) {
	t.Helper()
	if age := r.fields.get("Age"); age != "" {
		if n, err := strconv.ParseUint(age, 10, 32); err != nil || n > 1<<31 {
			t.Errorf("Age is %q", age)
		}
	}
	if m := ttl.FindStringSubmatch(r.fields.get("Cache-Status")); m != nil {
		if n, err := strconv.ParseInt(m[1], 10, 64); err != nil || n > 1<<31 || n < -1<<31 {
			t.Errorf("the time left is %q", m[1])
		}
	}
}

var (
	longTags = "Surrogate-Key: " + strings.TrimSpace(strings.Repeat("a-tag-of-forty-bytes-with-the-blank---- ", 1_000))
	manyTags = "Surrogate-Key: " + strings.TrimSpace(strings.Repeat("tag ", 10_000))
)

// What an origin may answer, and what becomes of it.
var answers = []kept{
	{"R06/40 KB of tags", "200 OK", "Cache-Control: max-age=600\r\n" + longTags, true},
	{"R06/10,000 tags", "200 OK", "Cache-Control: max-age=600\r\n" + manyTags, false},
	{"R06/40 KB of links", "200 OK", "Cache-Control: max-age=600\r\nLink: " + strings.Repeat("</x>; rel=preload, ", 2000) + "</y>", true},
	{"R06/200 fields", "200 OK", "Cache-Control: max-age=600\r\n" + strings.TrimSpace(strings.Repeat("X: y\r\n", 200)), true},
	{"R07/20 codings", "200 OK", "Cache-Control: max-age=600\r\nContent-Encoding: " + strings.Repeat("gzip, ", 19) + "gzip", true},
	{"R07/not what it says", "200 OK", "Cache-Control: max-age=600\r\nContent-Encoding: gzip", true},
	{"R08/star", "200 OK", "Cache-Control: max-age=600\r\nVary: *", false},
	{"R08/star in a list", "200 OK", "Cache-Control: max-age=600\r\nVary: Accept, *", false},
	{"R08/40 fields", "200 OK", "Cache-Control: max-age=600\r\nVary: " + manyNames(40), false},
	{"R08/no token", "200 OK", "Cache-Control: max-age=600\r\nVary: a b", false},
	{"R09/206 unasked", "206 Partial Content", "Cache-Control: max-age=600\r\nContent-Range: bytes 0-3/100", false},
	{"R09/206 without range", "206 Partial Content", "Cache-Control: max-age=600", false},
	{"R09/206 multipart", "206 Partial Content", "Cache-Control: max-age=600\r\nContent-Type: multipart/byteranges; boundary=x", false},
	{"R09/416", "416 Range Not Satisfiable", "Cache-Control: max-age=600\r\nContent-Range: bytes */100", false},
	{"R09/304 unasked", "304 Not Modified", "Cache-Control: max-age=600\r\nETag: \"x\"", false},
	{"R10/huge", "200 OK", "Cache-Control: max-age=99999999999999", true},
	{"R10/2^31", "200 OK", "Cache-Control: max-age=2147483648", true},
	{"R10/2^63", "200 OK", "Cache-Control: max-age=9223372036854775808", true},
	{"R10/100 digits", "200 OK", "Cache-Control: max-age=" + strings.Repeat("9", 100), true},
	{"R10/huge s-maxage", "200 OK", "Cache-Control: s-maxage=99999999999999", true},
	{"R10/huge stale", "200 OK", "Cache-Control: max-age=600, stale-while-revalidate=99999999999999, stale-if-error=99999999999999", true},
	{"R10/negative", "200 OK", "Cache-Control: max-age=-1", false},
	{"R10/negative stale", "200 OK", "Cache-Control: max-age=0, stale-while-revalidate=-1", false},
	{"R10/fraction", "200 OK", "Cache-Control: max-age=600.5", false},
	{"R10/sign", "200 OK", "Cache-Control: max-age=+600", false},
	{"R10/empty", "200 OK", "Cache-Control: max-age=", false},
	{"R10/no number", "200 OK", "Cache-Control: max-age=x", false},
	{"R10/expires 0", "200 OK", "Expires: 0", false},
	{"R10/expires -1", "200 OK", "Expires: -1", false},
	{"R10/expires 2099", "200 OK", "Expires: Thu, 01 Jan 2099 00:00:00 GMT", true},
	{"R10/expires 9999", "200 OK", "Expires: Fri, 31 Dec 9999 23:59:59 GMT", true},
	{"R10/expires twice", "200 OK", "Expires: Thu, 01 Jan 2099 00:00:00 GMT\r\nExpires: 0", false},
	{"R10/date 1970", "200 OK", "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nCache-Control: max-age=600", false},
	{"R10/date 2099", "200 OK", "Date: Thu, 01 Jan 2099 00:00:00 GMT\r\nCache-Control: max-age=600", true},
	{"R10/no date", "200 OK", "Date: yesterday\r\nCache-Control: max-age=600", true},
	{"R10/age 2^31", "200 OK", "Age: 2147483648\r\nCache-Control: max-age=600", false},
	{"R10/age 2^64", "200 OK", "Age: 18446744073709551617\r\nCache-Control: max-age=600", false},
	{"R10/age over", "200 OK", "Age: 601\r\nCache-Control: max-age=600", false},
	{"R10/age", "200 OK", "Age: 10\r\nCache-Control: max-age=600", true},
	{"R10/last modified in the future", "200 OK", "Last-Modified: Thu, 01 Jan 2099 00:00:00 GMT", false},
}

func TestStored(t *testing.T) {
	t.Parallel()
	w := keeping(t, setup{}, answers)
	for i, k := range answers {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			target := fmt.Sprintf("/%d/%s", i, newMark())
			if strings.HasPrefix(k.status, "304") {
				// A 304 without a condition is nobody's answer, but whole.
				first, second := w.get(t, target), w.get(t, target)
				if first.cached() || second.cached() {
					t.Fatalf("stored: %+v, then %+v", first, second)
				}
				return
			}
			first, second := w.again(t, target, k.stored)
			for _, r := range []*response{first, second} {
				if got := fmt.Sprint(r.status); !strings.HasPrefix(k.status, got) || !strings.HasPrefix(r.body, "page of "+target) {
					t.Errorf("answered %+v", r)
				}
			}
		})
	}
}

func manyNames(n int) string {
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("X-%d", i))
	}
	return strings.Join(names, ", ")
}

// TestVariants asks for one URL with many values of the field that it
// varies by: each must get its own response, and few may be kept.
func TestVariants(t *testing.T) {
	t.Parallel()
	const clients, limit = 100, 16
	w := newWorld(t, setup{store: "memory = \"32MiB\"\n  max_variants = 16", routes: []route{{prefix: "/v/", serve: func(a *answer, q *seen) {
		a.reply(q, "200 OK", "Cache-Control: max-age=600\r\nVary: User-Agent\r\n", "for "+q.fields.get("User-Agent"))
	}}}})
	target := "/v/" + newMark()
	c := w.dial(t, "127.0.0.1")
	defer c.close()
	hits := 0
	for range 2 {
		for i := range clients {
			agent := fmt.Sprintf("agent %d of many", i)
			c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\nUser-Agent: "+agent+"\r\n\r\n")
			r := c.answer(t)
			if r.status != 200 || r.body != "for "+agent {
				t.Fatalf("R08: %s got %+v", agent, r)
			}
			if r.cached() {
				hits++
			}
		}
	}
	if hits > limit {
		t.Errorf("R08: %d of %d variants were kept, at most %d may be", hits, clients, limit)
	}
}

// TestParts has the origin answer requests for a range with parts that do not
// fit (RFC 9110 section 14.4, RFC 9111 section 3.3).
func TestParts(t *testing.T) {
	t.Parallel()
	const page = "0123456789"
	list := []kept{
		{"R09/other range", "206 Partial Content", "Content-Range: bytes 4-7/10", false},
		{"R09/longer than it says", "206 Partial Content", "Content-Range: bytes 0-1/10", false},
		{"R09/past the end", "206 Partial Content", "Content-Range: bytes 8-12/10", false},
		{"R09/backwards", "206 Partial Content", "Content-Range: bytes 3-0/10", false},
		{"R09/other unit", "206 Partial Content", "Content-Range: lines 0-3/10", false},
		{"R09/no range", "206 Partial Content", "X: y", false},
		{"R09/two ranges", "206 Partial Content", "Content-Range: bytes 0-3/10\r\nContent-Range: bytes 4-7/10", false},
		{"R09/huge", "206 Partial Content", "Content-Range: bytes 0-3/99999999999999999999", false},
		{"R09/416", "416 Range Not Satisfiable", "Content-Range: bytes */4", false},
		{"R09/multipart", "206 Partial Content", "Content-Type: multipart/byteranges; boundary=x", false},
		{"C13/400", "400 Bad Request", "X: y", false},
	}
	var routes []route
	for i, k := range list {
		routes = append(routes, route{prefix: fmt.Sprintf("/%d/", i), serve: func(a *answer, q *seen) {
			if q.fields.get("Range") != "" {
				a.reply(q, k.status, "Cache-Control: max-age=600\r\nETag: \"x\"\r\n"+k.lines+"\r\n", page[:4])
				return
			}
			a.reply(q, "200 OK", "Cache-Control: max-age=600\r\nETag: \"x\"\r\n", page)
		}})
	}
	w := newWorld(t, setup{routes: routes})
	for i, k := range list {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			target := fmt.Sprintf("/%d/%s", i, newMark())
			for range 2 {
				if r := w.get(t, target, "Range: bytes=0-3\r\n"); r.status == 200 && r.body != page || r.cached() {
					t.Fatalf("asked for a range and got %+v", r)
				}
			}
			if r := w.get(t, target); r.status != 200 || r.body != page || r.cached() {
				t.Fatalf("the victim got %+v", r)
			}
			if r := w.get(t, target, "Range: bytes=2-5\r\n"); r.status != 206 || r.body != page[2:6] || !r.cached() {
				t.Fatalf("asked for a range of what is stored and got %+v", r)
			}
		})
	}
}
