package semantics

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"brink/edge/message"
)

const (
	earlier  = "Tue, 01 Jan 2019 00:00:00 GMT"
	modified = "Wed, 01 Jan 2020 00:00:00 GMT"
	later    = "Fri, 01 Jan 2021 00:00:00 GMT"
	made     = "Sat, 01 Jan 2022 00:00:00 GMT"
)

// answerText is "206 [0+5]" and the like.
func answerText(a Answer) string {
	s := fmt.Sprint(a.Status)
	if len(a.Spans) > 0 {
		s += " " + rangeText(a.Spans, RangeSome)
	}
	if a.Reason != message.ReasonNone {
		s += " " + a.Reason.String()
	}
	return s
}

func TestEvaluate(t *testing.T) {
	full := []string{`ETag: "a"`, "Last-Modified: " + modified, "Date: " + made}
	weak := []string{`ETag: W/"a"`, "Date: " + made}
	dated := []string{"Last-Modified: " + modified, "Date: " + made}
	plain := []string{"Date: " + made}
	for _, c := range []struct {
		fields []string // of the stored response
		ask    string   // request field lines, "|" between them
		want   string
	}{
		{full, "Accept: */*", "200"},
		// RFC 9110 section 13.1.2; http-cache-tests conditional-etag.
		{full, `If-None-Match: "a"`, "304"},
		{full, `If-None-Match: W/"a"`, "304"},
		{full, `If-None-Match: "b"`, "200"},
		{full, `If-None-Match: "a", "1", "2"`, "304"},
		{full, `If-None-Match: "1", "a", "2"`, "304"},
		{full, `If-None-Match: "1", "2", "a"`, "304"},
		{full, `If-None-Match: "1"|If-None-Match: "a"`, "304"},
		{full, `If-None-Match: *`, "304"},
		{plain, `If-None-Match: *`, "304"},
		{plain, `If-None-Match: "a"`, "200"},
		{weak, `If-None-Match: W/"a"`, "304"},
		{weak, `If-None-Match: "a"`, "304"},
		{[]string{`ETag: abcdef`}, `If-None-Match: abcdef`, "304"},
		{[]string{`ETag: w/"abcdef"`}, `If-None-Match: w/"abcdef"`, "304"},
		// RFC 9110 section 13.1.3; http-cache-tests conditional-lm.
		{full, "If-Modified-Since: " + modified, "304"},
		{dated, "If-Modified-Since: " + later, "304"},
		{dated, "If-Modified-Since: " + earlier, "200"},
		{dated, "If-Modified-Since: Wednesday, 01-Jan-20 00:00:00 GMT", "304"},
		{dated, "If-Modified-Since: Wed Jan  1 00:00:00 2020", "304"},
		{dated, "If-Modified-Since: yesterday", "200"},
		{dated, "If-Modified-Since: ", "200"},
		{dated, "If-Modified-Since: " + later + "|If-Modified-Since: " + later, "200"},
		// RFC 9111 section 4.3.2: without Last-Modified, Date counts.
		{plain, "If-Modified-Since: " + made, "304"},
		{plain, "If-Modified-Since: " + later, "200"},
		{[]string{"Last-Modified: never", "Date: " + made}, "If-Modified-Since: " + made, "200"},
		// RFC 9110 section 13.2.2: If-None-Match goes before If-Modified-Since.
		{full, `If-None-Match: "a"|If-Modified-Since: ` + earlier, "304"},
		{full, `If-None-Match: "b"|If-Modified-Since: ` + later, "200"},
		// RFC 9110 sections 13.1.1 and 13.1.4: for the origin to answer.
		{full, `If-Match: "b"`, "200"},
		{full, "If-Unmodified-Since: " + earlier, "200"},
		// RFC 9110 section 13.2.2: the order of all.
		{full, `If-None-Match: "a"|Range: bytes=0-1`, "304"},
		{full, `If-None-Match: "b"|Range: bytes=0-1`, "206 [0+2]"},
		{full, "If-Modified-Since: " + later + "|Range: bytes=0-1", "304"},
		// RFC 9110 section 14.2; http-cache-tests partial-store-complete-*.
		{full, "Range: bytes=0-1", "206 [0+2]"},
		{full, "Range: bytes=1-", "206 [1+9]"},
		{full, "Range: bytes=-1", "206 [9+1]"},
		{full, "Range: bytes=0-1,4-5", "206 [0+2 4+2]"},
		{full, "Range: bytes=0-1,20-", "206 [0+2]"},
		{full, "Range: bytes=20-", "416 unsatisfiable-range"},
		{full, "Range: bytes=cow", "200"},
		{full, "Range: bytes=", "200"},
		{full, "Range: lines=1-2", "200"},
		{full, "Range: bytes=0-1|Range: bytes=4-5", "200"},
		// RFC 9110 section 13.1.5: an entity tag must match strongly.
		{full, `Range: bytes=0-1|If-Range: "a"`, "206 [0+2]"},
		{full, `Range: bytes=0-1|If-Range: "b"`, "200"},
		{full, `Range: bytes=0-1|If-Range: W/"a"`, "200"},
		{weak, `Range: bytes=0-1|If-Range: W/"a"`, "200"},
		{plain, `Range: bytes=0-1|If-Range: "a"`, "200"},
		{full, `Range: bytes=0-1|If-Range: "a", "b"`, "200"},
		{full, `Range: bytes=0-1|If-Range: *`, "200"},
		{full, `Range: bytes=0-1|If-Range: "a"|If-Range: "a"`, "200"},
		{full, `Range: bytes=20-|If-Range: "b"`, "200"},
		{full, `If-Range: "b"`, "200"},
		// RFC 9110 sections 13.1.5, 8.8.2.2: a date must match exactly, and be strong.
		{dated, "Range: bytes=0-1|If-Range: " + modified, "206 [0+2]"},
		{dated, "Range: bytes=0-1|If-Range: " + later, "200"},
		{dated, "Range: bytes=0-1|If-Range: " + earlier, "200"},
		{plain, "Range: bytes=0-1|If-Range: " + made, "200"},
		{[]string{"Last-Modified: " + made, "Date: " + made}, "Range: bytes=0-1|If-Range: " + made, "200"},
	} {
		r := requestOf(message.GET, strings.Split(c.ask, "|")...)
		if got := answerText(Evaluate(r, stored(200, "0123456789", c.fields...), nil)); got != c.want {
			t.Errorf("%q for %q: %s, want %s", c.fields, c.ask, got, c.want)
		}
	}
}

func TestEvaluateMethodsAndStatuses(t *testing.T) {
	ask := []string{`If-None-Match: "a"`, "Range: bytes=0-1"}
	ranged := []string{"Range: bytes=0-1"}
	for _, c := range []struct {
		method message.Method
		status int
		ask    []string
		want   string
	}{
		// RFC 9110 section 14.2: Range is for GET.
		{message.HEAD, 200, ranged, "200"},
		{message.HEAD, 200, ask, "304"},
		// RFC 9110 section 13.2.1: no preconditions where the response is none that they could be about.
		{message.GET, 404, ask, "404"},
		{message.GET, 301, ask, "301"},
		{message.GET, 410, ranged, "410"},
		{message.GET, 204, ranged, "204"},
		{message.POST, 200, ask, "200"},
	} {
		r := requestOf(c.method, c.ask...)
		if got := answerText(Evaluate(r, stored(c.status, "0123456789", `ETag: "a"`), nil)); got != c.want {
			t.Errorf("method %d, stored %d, %q: %s, want %s", c.method, c.status, c.ask, got, c.want)
		}
	}
}

func TestEvaluatePart(t *testing.T) {
	o := storedPart(4, 10, "456789", `ETag: "a"`, "Last-Modified: "+modified, "Date: "+made)
	for _, c := range []struct {
		method message.Method
		ask    string
		want   string
	}{
		// RFC 9111 section 3.3: a part answers only what lies within it; http-cache-tests partial-store-partial-*.
		{message.GET, "Range: bytes=-5", "206 [5+5]"},
		{message.GET, "Range: bytes=6-8", "206 [6+3]"},
		{message.GET, "Range: bytes=6-", "206 [6+4]"},
		{message.GET, "Range: bytes=-1", "206 [9+1]"},
		{message.GET, "Range: bytes=4-9", "206 [4+6]"},
		{message.GET, "Range: bytes=4-5,8-9", "206 [4+2 8+2]"},
		{message.GET, "Range: bytes=3-9", "0 partial"},
		{message.GET, "Range: bytes=0-", "0 partial"},
		{message.GET, "Range: bytes=0-0,5-5", "0 partial"},
		{message.GET, "Range: bytes=x", "0 partial"},
		{message.GET, "Accept: */*", "0 partial"},
		{message.HEAD, "Range: bytes=6-8", "0 partial"},
		{message.GET, "Range: bytes=10-", "416 unsatisfiable-range"},
		// The validators of a part are those of the whole.
		{message.GET, `If-None-Match: "a"`, "304"},
		{message.GET, `If-None-Match: "b"`, "0 partial"},
		{message.GET, `If-Range: "a"|Range: bytes=6-8`, "206 [6+3]"},
		{message.GET, `If-Range: "b"|Range: bytes=6-8`, "0 partial"},
	} {
		r := requestOf(c.method, strings.Split(c.ask, "|")...)
		a := Evaluate(r, o, nil)
		if got := answerText(a); got != c.want {
			t.Errorf("%q: %s, want %s", c.ask, got, c.want)
		}
		for _, s := range a.Spans {
			if got, want := joined(AppendSpan(nil, o.Body, s.In(o))), "0123456789"[s.First:s.end()]; got != want {
				t.Errorf("%q: bytes %s, want %s", c.ask, got, want)
			}
		}
	}
}

// TestRangeOfBody: GET with a range is that range of GET, whatever the runs
// that the body is held in and whatever part of it is held.
func TestRangeOfBody(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const body = "abcdefghijklmnopqrstuvwxyz"
	for range 5000 {
		first := rng.IntN(len(body))
		held := body[first : first+1+rng.IntN(len(body)-first)]
		o := storedPart(int64(first), int64(len(body)), held)
		if len(held) == len(body) {
			o.Partial, o.Head.Status = nil, 200
		}
		a := rng.IntN(len(body))
		b := a + rng.IntN(len(body)-a)
		got := Evaluate(requestOf(message.GET, fmt.Sprintf("Range: bytes=%d-%d", a, b)), o, nil)
		inside := a >= first && b < first+len(held)
		switch {
		case inside != (got.Status == 206):
			t.Fatalf("bytes %d-%d of %d+%d: %s", a, b, first, len(held), answerText(got))
		case inside && joined(AppendSpan(nil, o.Body, got.Spans[0].In(o))) != body[a:b+1]:
			t.Fatalf("bytes %d-%d of %d+%d are wrong", a, b, first, len(held))
		}
	}
}

func TestEvaluateNoAllocs(t *testing.T) {
	o := stored(200, "0123456789", `ETag: "a"`, "Last-Modified: "+modified, "Date: "+made)
	spans := make([]Span, 0, maxRanges)
	for _, ask := range []string{"Accept: */*", `If-None-Match: "b", "a"`, "If-Modified-Since: " + later, "Range: bytes=8-,0-1,3-4,1-3"} {
		r := requestOf(message.GET, ask)
		if n := testing.AllocsPerRun(100, func() { Evaluate(r, o, spans) }); n != 0 {
			t.Errorf("%s: %v allocations", ask, n)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	o := stored(200, "0123456789", `ETag: "a"`, "Last-Modified: "+modified, "Date: "+made)
	for _, ask := range []string{"Accept: */*", `If-None-Match: "a"`, "Range: bytes=0-1"} {
		r := requestOf(message.GET, ask)
		var spans [maxRanges]Span
		b.Run(strings.Split(ask, ":")[0], func(b *testing.B) {
			for range b.N {
				if a := Evaluate(r, o, spans[:0]); a.Status == 0 {
					b.Fatal(a)
				}
			}
		})
	}
}
