package wire

import (
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		lines string
		name  string
		want  bool
	}{
		{"", "x", false},
		{"x", "X", true},
		{"close, X-Foo|,,y , keep-alive", "x-foo", true},
		{"close, X-Foo|,,y , keep-alive", "Y", true},
		{"close, X-Foo|,,y , keep-alive", "x-fo", false},
		{`"a, x-foo`, "x-foo", true},
		{strings.Repeat("a,", maxOptions), "b", false},
		{strings.Repeat("a,", maxOptions+1), "b", true}, // not from a parser: nothing may pass by being named late
	} {
		var f Fields
		for line := range strings.SplitSeq(c.lines, "|") {
			f.AppendID(Connection, []byte(line))
		}
		o := f.Options()
		if got := o.Lists([]byte(c.name)); got != c.want {
			t.Errorf("%q lists %q: %t", c.lines, c.name, got)
		}
	}
}
