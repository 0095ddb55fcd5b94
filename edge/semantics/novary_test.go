package semantics

import (
	"net/url"
	"slices"
	"testing"
)

func TestSearchPolicy(t *testing.T) {
	for _, c := range []struct {
		field string
		one   string
		other string
		same  bool
	}{
		// draft-ietf-httpbis-no-vary-search: the field's three members.
		{"params", "a=1&b=2", "", true},
		{"params=?1", "a=1", "b=2", true},
		{"params=?0", "a=1", "a=2", false},
		{`params=("utm" "ref")`, "id=1&utm=x&ref=y", "id=1", true},
		{`params=("utm")`, "id=1&utm=x", "id=2&utm=x", false},
		{`params=("utm")`, "a=1&b=2", "b=2&a=1", false},
		{`params=()`, "a=1", "a=2", false},
		{`params, except=("id")`, "id=1&a=2", "b=3&id=1", true},
		{`params, except=("id")`, "id=1", "id=2", false},
		{`params, except=("id")`, "id=1&id=2", "id=2&id=1", false},
		{"key-order", "a=1&b=2", "b=2&a=1", true},
		{"key-order", "a=1&a=2", "a=2&a=1", false},
		{"key-order=?0", "a=1&b=2", "b=2&a=1", false},
		{`key-order, params=("x")`, "a=1&b=2&x=3", "x=4&b=2&a=1", true},
		{`params=("x"), foo=bar`, "x=1", "x=2", true},

		// Names and values are compared as those of a form.
		{"key-order", "a=1+2", "a=1%202", true},
		{"key-order", "%61=1", "a=%31", true},
		{"key-order", "a=1%2B2", "a=1+2", false},
		{"key-order", "a", "a=", true},
		{"key-order", "a&&b&", "a&b", true},
		{"key-order", "a=b=c", "a=b%3Dc", true},
		{"key-order", "a=1%26b=2", "a=1&b=2", false},
		{`params=("a+b" "c%64")`, "a%20b=1&cd=2", "", true},

		// Whatever is invalid makes every difference matter.
		{"", "a=1", "a=1&b", false},
		{`params="x"`, "x=1", "x=2", false},
		{`params=(x)`, "x=1", "x=2", false},
		{`except=("x")`, "a=1", "a=2", false},
		{`params=?0, except=("x")`, "a=1", "a=2", false},
		{`params=("a"), except=("x")`, "a=1", "a=2", false},
		{`params, except="x"`, "a=1", "a=2", false},
		{`params, except`, "a=1", "a=2", false},
		{`key-order="x", params`, "a=1", "a=2", false},
		{`params=(`, "a=1", "a=2", false},
	} {
		p := ParseSearchPolicy(fieldsAt("No-Vary-Search: " + c.field))
		one, other := p.AppendQuery(nil, []byte(c.one)), p.AppendQuery(nil, []byte(c.other))
		if (string(one) == string(other)) != c.same {
			t.Errorf("%s: %s and %s: %q, %q", c.field, c.one, c.other, one, other)
		}
	}
	for _, field := range []string{"", "key-order=?0", "params=()", "params=?0", "foo", ";"} {
		if p := ParseSearchPolicy(fieldsAt("No-Vary-Search: " + field)); p != nil {
			t.Errorf("%q gives a policy", field)
		}
	}
}

// FuzzSearchPolicy: under key-order two queries are one exactly if package
// net/url gives them the same names, each with the same values in order.
func FuzzSearchPolicy(f *testing.F) {
	f.Add("a=1&b=2", "b=2&a=1")
	f.Add("a=1&a=2", "a=2&a=1")
	f.Add("a+b=%2B", "a%20b=%2b")
	p := ParseSearchPolicy(fieldsAt("No-Vary-Search: key-order"))
	f.Fuzz(func(t *testing.T, a, b string) {
		x, errX := url.ParseQuery(a)
		y, errY := url.ParseQuery(b)
		if errX != nil || errY != nil {
			p.AppendQuery(nil, []byte(a))
			return
		}
		want := len(x) == len(y)
		for name, values := range x {
			want = want && slices.Equal(values, y[name])
		}
		got := string(p.AppendQuery(nil, []byte(a))) == string(p.AppendQuery(nil, []byte(b)))
		if got != want {
			t.Errorf("%q and %q: %v, want %v", a, b, got, want)
		}
	})
}
