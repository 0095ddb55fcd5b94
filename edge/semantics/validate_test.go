package semantics

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

// storedList makes responses of field lines, the first the youngest.
func storedList(heads ...string) (list []*store.Object) {
	for i, h := range heads {
		o := stored(200, "body", strings.Split(h, "|")...)
		o.Lifetime.Born = store.Instant(100 - i)
		list = append(list, o)
	}
	return list
}

func TestValidators(t *testing.T) {
	lm, old := "Last-Modified: "+modified, "Last-Modified: "+earlier
	for _, c := range []struct {
		stored []string
		want   string // "" if there is nothing to ask with
	}{
		// RFC 9111 section 4.3.1; http-cache-tests conditional-etag-*-generate-*.
		{[]string{`ETag: "a"`}, `If-None-Match: "a"`},
		{[]string{`ETag: W/"a"`}, `If-None-Match: W/"a"`},
		{[]string{lm}, "If-Modified-Since: " + modified},
		{[]string{`ETag: "a"|` + lm}, `If-None-Match: "a"|If-Modified-Since: ` + modified},
		{[]string{`ETag: abcdef`}, `If-None-Match: abcdef`},
		{[]string{"A: 1"}, ""},
		{[]string{"ETag:"}, ""},
		{[]string{"Last-Modified: recently"}, ""},
		{nil, ""},
		// All stored responses are asked about at once.
		{[]string{`ETag: "a"|` + lm, `ETag: W/"b"|` + old}, `If-None-Match: "a", W/"b"`},
		{[]string{`ETag: "a"`, `ETag: "b"`, `ETag: "a"`}, `If-None-Match: "a", "b"`},
		{[]string{lm, `ETag: "b"`}, `If-None-Match: "b"`},
		{[]string{`ETag: a`, `ETag: "b"`}, `If-None-Match: "b"`},
		{[]string{lm, old}, "If-Modified-Since: " + modified},
		{[]string{`ETag: a`, `ETag: b`}, ""},
	} {
		var dst wire.Fields
		ok := Validators(&dst, storedList(c.stored...))
		if got := listOf(&dst); got != c.want || ok != (c.want != "") {
			t.Errorf("%q: %s (%t), want %s", c.stored, got, ok, c.want)
		}
	}
}

func TestValidatorsAreBounded(t *testing.T) {
	var heads []string
	for i := range 64 {
		heads = append(heads, fmt.Sprintf(`ETag: "%d%s"`, i, strings.Repeat("x", 500)))
	}
	var dst wire.Fields
	if !Validators(&dst, storedList(heads...)) || len(dst.Get(wire.IfNoneMatch)) > maxValidators+200 {
		t.Errorf("%d bytes of entity tags", len(dst.Get(wire.IfNoneMatch)))
	}
}

func TestValidated(t *testing.T) {
	lm, old := "Last-Modified: "+modified, "Last-Modified: "+earlier
	for _, c := range []struct {
		fields string // of the 304
		stored []string
		want   int // index, -1: none
	}{
		// RFC 9111 section 4.3.4: a strong validator identifies.
		{`ETag: "b"`, []string{`ETag: "a"`, `ETag: "b"`}, 1},
		{`ETag: "b"`, []string{`ETag: W/"b"`, `ETag: "b"`}, 1},
		{`ETag: "b"`, []string{`ETag: "b"`, `ETag: "b"`}, 0},
		{`ETag: "c"`, []string{`ETag: "a"`, `ETag: "b"`}, -1},
		// A weak one: the most recent of those that match.
		{`ETag: W/"b"`, []string{`ETag: "a"`, `ETag: "b"`, `ETag: W/"b"`}, 1},
		{`ETag: W/"c"`, []string{`ETag: "a"`, `ETag: "b"`}, -1},
		{`ETag: "b"`, []string{`ETag: "a"`, `ETag: W/"b"`}, 1},
		// None: the only one. Among several that were named it is not known.
		{"A: 1", []string{`ETag: "a"`}, 0},
		{"A: 1", []string{lm}, 0},
		{"A: 1", []string{`ETag: "a"`, `ETag: "b"`}, -1},
		{lm, []string{`ETag: "a"|` + lm, `ETag: "b"|` + lm}, -1},
		// By date: the newest was asked about.
		{"A: 1", []string{lm, old}, 0},
		{lm, []string{lm, old}, 0},
		{"Last-Modified: Wednesday, 01-Jan-20 00:00:00 GMT", []string{lm}, 0},
		{old, []string{lm, old}, -1},
		{"Last-Modified: " + later, []string{lm}, -1},
		// A tag that nothing stored has does not confirm a date.
		{`ETag: "a"|` + lm, []string{lm}, -1},
		// A 304 about another representation renews nothing.
		{`ETag: "ghijkl"`, []string{`ETag: "abcdef"`}, -1},
		{`ETag: W/"ghijkl"`, []string{`ETag: "abcdef"`}, -1},
		{`ETag: ""`, []string{`ETag: "abcdef"`}, -1},
		{`ETag: "abc-png"`, []string{`ETag: "abc"`}, -1},
		{`ETag: "abc-gzip"`, []string{`ETag: "abd"`}, -1},
		{`ETag: "-gzip"`, []string{`ETag: "-br"`}, -1},
		// One that servers mark on the way is the same: nginx and others weaken
		// it, Apache, Jetty and others append the coding.
		{`ETag: W/"abc"`, []string{`ETag: "abc"`}, 0},
		{`ETag: "abc"`, []string{`ETag: W/"abc"`}, 0},
		{`ETag: "abc-gzip"`, []string{`ETag: W/"abc"`}, 0},
		{`ETag: "abc"`, []string{`ETag: "abc-gzip"`}, 0},
		{`ETag: "abc-br"`, []string{`ETag: "abc-gzip"`}, 0},
		{`ETag: "abc;gzip"`, []string{`ETag: "abc"`}, 0},
		{`ETag: "abc--gzip"`, []string{`ETag: "abc"`}, 0},
		{`ETag: "abc-zstd"`, []string{`ETag: "abc"`}, 0},
		{`ETag: "abc-df"`, []string{`ETag: "abc"`}, 0},
		{`ETag: "abc"-gzip`, []string{`ETag: "abc"`}, 0},
		{`ETag: abc`, []string{`ETag: "abc"`}, 0},
		// A mark does not say which of several tags was meant.
		{`ETag: "abc"`, []string{`ETag: "abc-gzip"`, `ETag: "abc-br"`}, -1},
		{"Last-Modified: " + later, []string{`ETag: "a"|` + lm}, 0},
		{"A: 1", nil, -1},
	} {
		list := storedList(c.stored...)
		resp := &Response{Status: 304, Fields: parseLines(strings.Split(c.fields, "|")...), Length: -1}
		got := -1
		for i, o := range list {
			if o == Validated(resp, list) {
				got = i
			}
		}
		if got != c.want {
			t.Errorf("%q for %q: %d, want %d", c.fields, c.stored, got, c.want)
		}
	}
}
