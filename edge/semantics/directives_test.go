package semantics

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"brink/edge/wire"
)

var directiveNames = []struct {
	which Directive
	name  string
}{
	{NoStore, "no-store"}, {NoCache, "no-cache"}, {Private, "private"}, {Public, "public"},
	{MustRevalidate, "must-revalidate"}, {ProxyRevalidate, "proxy-revalidate"}, {MustUnderstand, "must-understand"},
	{Immutable, "immutable"}, {NoTransform, "no-transform"}, {OnlyIfCached, "only-if-cached"}, {MaxAge, "max-age"},
	{SMaxAge, "s-maxage"}, {StaleWhileRevalidate, "stale-while-revalidate"}, {StaleIfError, "stale-if-error"},
	{MinFresh, "min-fresh"}, {MaxStale, "max-stale"},
}

// directivesText is "max-age=5 public", in the order of the constants.
func directivesText(d Directives) string {
	var out []string
	for _, n := range directiveNames {
		switch {
		case !d.Has(n.which):
		case n.which < MaxAge:
			out = append(out, n.name)
		case n.which == MaxStale && d.MaxStaleAny:
			out = append(out, "max-stale=any")
		default:
			out = append(out, fmt.Sprintf("%s=%d", n.name, *d.seconds(n.which)))
		}
	}
	return strings.Join(out, " ")
}

func TestParseDirectives(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		// RFC 9111 section 5.2: a list of directives, names without case.
		{"", ""},
		{"max-age=3600", "max-age=3600"},
		{"MaX-aGe=3600", "max-age=3600"},
		{"No-StOrE", "no-store"},
		{"foobar, max-age=3600", "max-age=3600"},
		{"foo=bar, max-age=3600, baz=\"q\"", "max-age=3600"},
		{",, max-age=1 ,\t,public ,", "public max-age=1"},
		{"public|max-age=5|must-revalidate", "public must-revalidate max-age=5"},
		{"no-store,no-cache,private,public,must-revalidate,proxy-revalidate,must-understand,immutable,no-transform,only-if-cached",
			"no-store no-cache private public must-revalidate proxy-revalidate must-understand immutable no-transform only-if-cached"},
		{"s-maxage=1,stale-while-revalidate=2,stale-if-error=3,min-fresh=4,max-stale=5",
			"s-maxage=1 stale-while-revalidate=2 stale-if-error=3 min-fresh=4 max-stale=5"},
		{"max-ages=5, xmax-age=6, max=7, age=8", ""},
		{"no-store-remote", ""},
		{strings.Repeat("x", 5000), ""},

		// Section 5.2: both forms of an argument; one that is no number is 0.
		{`max-age="3600"`, "max-age=3600"},
		{`max-age='3600'`, "max-age=0"},
		{`max-age="36 00"`, "max-age=0"},
		{`max-age="3600`, "max-age=0"},
		{`max-age="3600"x`, "max-age=0"},
		{"max-age=", "max-age=0"},
		{"max-age", "max-age=0"},
		{"max-age=-3600", "max-age=0"},
		{"max-age=+3600", "max-age=0"},
		{"max-age=3600.0", "max-age=0"},
		{"max-age=a3600", "max-age=0"},
		{"max-age=3600a", "max-age=0"},
		{"max-age =3600", "max-age=0"},
		{"max-age= 3600", "max-age=0"},
		{"max-age=3600 5", "max-age=0"},
		{"max-age=003600", "max-age=3600"},
		{"s-maxage=x", "s-maxage=0"},
		{"stale-if-error=x", "stale-if-error=0"},
		{"stale-while-revalidate=-1", "stale-while-revalidate=0"},

		// Section 1.2.2: what is too large is 2^31.
		{"max-age=2147483647", "max-age=2147483647"},
		{"max-age=2147483648", "max-age=2147483648"},
		{"max-age=2147483649", "max-age=2147483648"},
		{"max-age=99999999999", "max-age=2147483648"},
		{"max-age=99999999999999999999999999", "max-age=2147483648"},

		// Section 4.2.1: of two the stricter one, in whatever order.
		{"max-age=1, max-age=1800", "max-age=1"},
		{"max-age=1800|max-age=1", "max-age=1"},
		{"max-age=1800, max-age=x", "max-age=0"},
		{"min-fresh=1, min-fresh=10", "min-fresh=10"},
		{"max-stale=10, max-stale=1", "max-stale=1"},

		// A quoted string gives no directives.
		{`extension="max-age=3600", max-age=1`, "max-age=1"},
		{`max-age=1, extension="max-age=3600"`, "max-age=1"},
		{`extension="a, no-store"`, ""},
		{`extension="a\", no-store", public`, "public"},
		// One that is not closed hides nothing.
		{`extension="a, no-store`, "no-store"},
		{`a"b, no-store", private`, "no-store private"},
		{`="a, no-store`, "no-store"},

		// Sections 5.2.2.4 and 5.2.2.7: qualified is as good as unqualified.
		{`private="Set-Cookie"`, "private"},
		{`no-cache="a, b"`, "no-cache"},
		{`no-cache=foo`, "no-cache"},
		// What restricts counts even if it is broken; what permits does not.
		{"no-store foo", "no-store"},
		{"no-store=", "no-store"},
		{"public foo", ""},
		{"public=1", ""},
		{`immutable=""`, ""},

		// A broken element: what restricts counts wherever it stands in it.
		{"must-revalidate; private", "private must-revalidate"},
		{"public; no-store", "no-store"},
		{"no-transform; private", "private no-transform"},
		{"no-cache; no-store", "no-store no-cache"},
		{"public max-age=60", "max-age=60"},
		{"public max-age=60 private", "private max-age=60"},
		{"max-age=60;", "max-age=60"},
		{"max-age=60;private;", "private max-age=60"},
		{"private:no-store", "no-store private"},
		{`"private", max-age=60`, "private max-age=60"},
		{`'private'`, "private"},
		{"`no-store`, public", "no-store public"},
		{`public, "no-store`, "no-store public"},
		{`max-age=60 "no-store", public`, "no-store public max-age=0"},
		{"x-private; no-storefront", ""},
		// Seconds of freshness count where nothing else gives fewer.
		{"max-age=10, public max-age=60", "max-age=10"},
		{"public max-age=60, max-age=10", "max-age=10"},
		{"max-age=60, public max-age=10", "max-age=10"},
		{"s-maxage=60; x, max-age=10", "max-age=10 s-maxage=10"},
		{"s-maxage=60, max-age=10; x", "max-age=10 s-maxage=60"},
		{`public max-age="60"`, "max-age=60"},
		{`public max-age="60`, "max-age=0"},
		{"public max-age = 60", "max-age=0"},
		{"max-age=60 60", "max-age=0"},
		{"max-age=60:5", "max-age=0"},
		// Seconds of staleness are a permission, those of min-fresh are none.
		{"max-age=9; stale-while-revalidate=60; stale-if-error=60", "max-age=9 stale-while-revalidate=0 stale-if-error=0"},
		{"max-stale; foo", "max-stale=0"},
		{"min-fresh=9; foo", "min-fresh=9"},
		// A quoted value holds no names, one that is not closed does.
		{`x="private"`, ""},
		{`public; x="private"`, ""},
		{`public; x="a, private", max-age=5`, "max-age=5"},
		{`x="private`, "private"},
		{`public; x="a, private`, "private"},
		{`foo; x="\", private", public`, "public"},

		// RFC 5861: without a value there is nothing said.
		{"stale-while-revalidate", ""},
		{"max-age=5, stale-if-error", "max-age=5"},
		// RFC 9111 section 5.2.1.2: max-stale without a value is any.
		{"max-stale", "max-stale=any"},
		{"max-stale, max-stale=7", "max-stale=7"},
		{"max-stale=7, max-stale", "max-stale=7"},
	} {
		var f wire.Fields
		for _, line := range strings.Split(c.lines, "|") {
			f.AppendID(wire.CacheControl, []byte(line))
		}
		if got := directivesText(parseDirectives(&f)); got != c.want {
			t.Errorf("%s: %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestRequestDirectives(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		// RFC 9111 section 5.4.
		{"Pragma: no-cache", "no-cache"},
		{"Pragma: foo, No-Cache", "no-cache"},
		{"Pragma: max-age=5, no-store", ""},
		{"Pragma: no-cache|Cache-Control: max-age=5", "max-age=5"},
		{"Cache-Control: no-store", "no-store"},
		{"Cache-Control: max-age=5; no-store", "no-store max-age=5"},
		{"Cache-Control: foo only-if-cached", "only-if-cached"},
		{"Cache-Control: max-stale=60; no-cache", "no-cache max-stale=0"},
		{"Pragma: foo; no-cache", "no-cache"},
		{"Accept: */*", ""},
	} {
		if got := directivesText(RequestDirectives(fieldsAt(c.lines))); got != c.want {
			t.Errorf("%s: %q, want %q", c.lines, got, c.want)
		}
	}
}

// FuzzDirectives: it never fails; what stands in closed quotes behind "=" can
// be blanked out, and the line can be cut at any comma outside of them, without
// a change.
func FuzzDirectives(f *testing.F) {
	for _, s := range []string{
		"max-age=5, public", `x="a, no-store", private`, `a"b, no-store"`, `x="\", y", max-age="7"`, `x="`, ",,", "=5,a==b",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var whole, cut, blank Directives
		whole.addLine(line)

		blanked := bytes.Clone(line)
		start := 0
		for i := 0; i <= len(line); i++ {
			if i == len(line) || line[i] == ',' {
				cut.addLine(line[start:i])
				start = i + 1
				continue
			}
			if n := quotedAt(line, start, i); n > 0 {
				if directiveOf(skipBlank(line[start:i-1])) == 0 {
					for j := i + 1; j < i+n-1; j++ {
						blanked[j] = 'x'
					}
				}
				i += n - 1
			}
		}
		blank.addLine(blanked)
		if whole != cut {
			t.Errorf("%q: %q whole, %q cut at its commas", line, directivesText(whole), directivesText(cut))
		}
		if whole != blank {
			t.Errorf("%q: %q, %q with its strings blanked", line, directivesText(whole), directivesText(blank))
		}
	})
}

// quotedAt is the length of the quoted string at i of the element that begins
// at start; 0 if there is none, or if it does not stand behind a name and "=".
func quotedAt(line []byte, start, i int) int {
	if line[i] != '"' || i == start || line[i-1] != '=' {
		return 0
	}
	name := skipBlank(line[start : i-1])
	if len(name) == 0 || tokenLen(name) != len(name) {
		return 0
	}
	return quotedLen(line[i:])
}
