package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
)

func TestETagMatch(t *testing.T) {
	for _, c := range []struct {
		a, b         string
		strong, weak bool
	}{
		// RFC 9110 section 8.8.3.2, the table of comparisons.
		{`W/"1"`, `W/"1"`, false, true},
		{`W/"1"`, `W/"2"`, false, false},
		{`W/"1"`, `"1"`, false, true},
		{`"1"`, `W/"1"`, false, true},
		{`"1"`, `"1"`, true, true},
		{`"1"`, `"2"`, false, false},
		// RFC 9110 section 8.8.3: the opaque part is opaque, and may be empty.
		{`""`, `""`, true, true},
		{`"a,b"`, `"a,b"`, true, true},
		{`"a"`, `"A"`, false, false},
		{"\"\xc3\xbc\"", "\"\xc3\xbc\"", true, true},
		// Not entity tags: equal bytes are good enough for the weak comparison.
		{`abc`, `abc`, false, true},
		{`abc`, `"abc"`, false, false},
		{`"`, `"`, false, true},
		{`"a"b"`, `"a"b"`, false, true},
		{`w/"1"`, `w/"1"`, false, true},
		{`w/"1"`, `"1"`, false, false},
		{``, ``, false, false},
		{`W/`, `W/`, false, false},
	} {
		if strong, weak := StrongMatch([]byte(c.a), []byte(c.b)), weakMatch([]byte(c.a), []byte(c.b)); strong != c.strong || weak != c.weak {
			t.Errorf("%s and %s: strong %t, weak %t, want %t, %t", c.a, c.b, strong, weak, c.strong, c.weak)
		}
	}
}

func TestNoneMatchLists(t *testing.T) {
	for _, c := range []struct {
		lines string // of the field, "|" between them
		etag  string
		want  bool
	}{
		// RFC 9110 section 13.1.2: weak comparison, lists, "*".
		{`"a"`, `"a"`, true},
		{`"b"`, `"a"`, false},
		{`W/"a"`, `"a"`, true},
		{`"a"`, `W/"a"`, true},
		{`"a", "1", "2"`, `"a"`, true},
		{`"1", "a", "2"`, `"a"`, true},
		{`"1", "2", "a"`, `"a"`, true},
		{`"1","a","2"`, `"a"`, true},
		{` , ,"1" ,	"a",`, `"a"`, true},
		{`*`, `"a"`, true},
		{`*`, ``, true},
		{`"a"`, ``, false},
		{``, ``, false},
		{``, `"a"`, false},
		{`*, "b"`, `"a"`, false},
		// RFC 9110 section 5.3: several lines are one list.
		{`"1"|"a"`, `"a"`, true},
		{`"1"|"2"|*`, `"a"`, true},
		// Commas and stars within the quotes, and broken lists.
		{`"x,"a",y"`, `"a"`, false},
		{`"1,a", "b"`, `"1,a"`, true},
		{`"*"`, `"a"`, false},
		{`"a" "b"`, `"a"`, false},
		{`"a`, `"a"`, false},
		{`"1, "a"`, `"a"`, false},
		// http-cache-tests conditional-etag: forms that are none, byte for byte.
		{`abcdef`, `abcdef`, true},
		{`abcdef`, `"abcdef"`, false},
		{`w/"abcdef"`, `w/"abcdef"`, true},
		{`W\"abcdef"`, `W\"abcdef"`, true},
		{`W"abcdef"`, `W"abcdef"`, true},
		{"\"abcdef\xc3\xbc\"", "\"abcdef\xc3\xbc\"", true},
	} {
		f := new(wire.Fields)
		for _, l := range strings.Split(c.lines, "|") {
			f.AppendID(wire.IfNoneMatch, []byte(l))
		}
		if got := noneMatchLists(f, []byte(c.etag)); got != c.want {
			t.Errorf("%s has %s: %t", c.lines, c.etag, got)
		}
	}
}

// FuzzETagList builds a list of known tags and compares with a search in them.
func FuzzETagList(f *testing.F) {
	f.Add("a b", "a", byte(0))
	f.Add("a,b c W", "a,b", byte(3))
	f.Add("  x", "", byte(7))
	f.Fuzz(func(t *testing.T, opaques, asked string, how byte) {
		clean := func(s string) string { return strings.Map(etagChar, s) }
		asked = clean(asked)
		var tags []string
		want := false
		fields := new(wire.Fields)
		joint := []string{",", ", ", " ,, ", "\t,"}[how>>1&3]
		for i, o := range strings.Split(opaques, " ") {
			weakTag := i%3 == int(how>>3)%3
			tag := `"` + clean(o) + `"`
			want = want || clean(o) == asked
			if weakTag {
				tag = "W/" + tag
			}
			if tags = append(tags, tag); i%4 == 3 {
				fields.AppendID(wire.IfNoneMatch, []byte(strings.Join(tags, joint)))
				tags = nil
			}
		}
		fields.AppendID(wire.IfNoneMatch, []byte(strings.Join(tags, joint)))
		if got := noneMatchLists(fields, []byte(`"`+asked+`"`)); got != want {
			t.Errorf("%q in %s: %t", asked, listOf(fields), got)
		}
	})
}

func etagChar(r rune) rune {
	if r <= ' ' || r == '"' || r == 0x7f {
		return -1
	}
	return r
}
