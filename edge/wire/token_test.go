package wire

import (
	"slices"
	"strings"
	"testing"
)

// RFC 9110 section 5.6.2.
func TestIsToken(t *testing.T) {
	const all = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if !IsToken([]byte(all)) || IsToken(nil) {
		t.Error("the whole alphabet is a token, nothing is not")
	}
	for c := range 256 {
		if got, want := IsToken([]byte{'a', byte(c)}), strings.IndexByte(all, byte(c)) >= 0; got != want {
			t.Errorf("%#x: %t", c, got)
		}
	}
}

// RFC 9110 section 5.5. Each byte at each place of a word and its neighbours.
func TestValidValue(t *testing.T) {
	for c := range 256 {
		want := c >= 0x20 && c != 0x7f || c == '\t'
		for _, fill := range []byte{'a', 0x80, 0xff, '\t', 0x20, 0x7e} {
			for at := range 20 {
				b := []byte(strings.Repeat(string([]byte{fill}), 20))
				b[at] = byte(c)
				if got := ValidValue(b); got != want {
					t.Fatalf("%q: %t", b, got)
				}
				if got := valueEnd(b, 0); !want && got != at {
					t.Fatalf("valueEnd(%q) = %d, want %d", b, got, at)
				}
			}
		}
	}
	if !ValidValue(nil) {
		t.Error("an empty value is one")
	}
}

// RFC 9112 section 3.2, RFC 3986 section 2.
func TestTargetEnd(t *testing.T) {
	for c := range 256 {
		good := c > 0x20 && c < 0x7f && c != '#' && c != '\\'
		for at := range 20 {
			b := []byte(strings.Repeat("a", 20))
			b[at] = byte(c)
			want := at
			if good {
				want = len(b)
			}
			if got := targetEnd(b, 0); got != want {
				t.Fatalf("%q: %d, want %d", b, got, want)
			}
		}
	}
}

// RFC 9110 section 5.6.1.
func TestList(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{" \t", nil},
		{",", nil},
		{", ,\t,", nil},
		{"a", []string{"a"}},
		{" a ,\tb\t,c", []string{"a", "b", "c"}},
		{",a,,b,", []string{"a", "b"}},
		{"a b, c", []string{"a b", "c"}},
		{`"a,b", c`, []string{`"a,b"`, "c"}},
		{`"a\",b", c`, []string{`"a\",b"`, "c"}},
		{`"a\\", c`, []string{`"a\\"`, "c"}},
		{`x="a,b";q=1, c`, []string{`x="a,b";q=1`, "c"}},
		{`a\,b`, []string{`a\`, "b"}},
		{`a, "b, c`, []string{"a", `"b, c`}},
		{`a, "b\`, []string{"a", `"b\`}},
	} {
		var got []string
		l := NewList([]byte(c.in))
		for item, ok := l.Next(); ok; item, ok = l.Next() {
			got = append(got, string(item))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestContainsToken(t *testing.T) {
	for _, c := range []struct {
		in   string
		want bool
	}{
		{"close", true},
		{"a, CLOSE", true},
		{"closed", false},
		{"a close", false},
		{`"a, close"`, false},
		{"", false},
	} {
		if got := ContainsToken([]byte(c.in), "close"); got != c.want {
			t.Errorf("%q: %t", c.in, got)
		}
	}
}
