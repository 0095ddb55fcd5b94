package semantics

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

func TestSelects(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		// RFC 9110 section 12.5.5: a list of names, without case.
		{"", "[] none"},
		{"Vary:", "[] none"},
		{"Vary: Foo", "[foo] none"},
		{"Vary: Foo, Bar, foo", "[bar foo] none"},
		{"Vary: ,Foo,, Bar ,", "[bar foo] none"},
		{"Vary: Foo|Vary: Bar|Vary: FOO", "[bar foo] none"},

		// RFC 9111 section 4.1: a member "*" always fails to match.
		{"Vary: *", "[] vary-star"},         // vary-star, vary-syntax-star
		{"Vary: *, *", "[] vary-star"},      // vary-syntax-star-star
		{"Vary: *|Vary: *", "[] vary-star"}, // vary-syntax-star-star-lines
		{"Vary: , *", "[] vary-star"},       // vary-syntax-empty-star
		{"Vary:|Vary: *", "[] vary-star"},   // vary-syntax-empty-star-lines
		{"Vary: *, Foo", "[] vary-star"},    // vary-syntax-star-foo
		{"Vary: Foo, *", "[] vary-star"},    // vary-syntax-foo-star
		{"Vary: Foo|Vary: Bar, *", "[] vary-star"},
		// What is no name matches nothing either.
		{`Vary: "Foo"`, "[] vary-star"},
		{"Vary: Foo Bar", "[] vary-star"},
		{"Vary: *foo", "[] vary-star"},

		{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", "[a b c d e f g h i j k l m n o p] none"},
		{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,A,B", "[a b c d e f g h i j k l m n o p] none"},
		{"Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "[] vary-too-wide"},
		{"Vary: " + strings.Repeat("a,", 5000), "[] vary-too-wide"},
		{"Vary: " + strings.Repeat("a,", 5000) + "*", "[] vary-star"},
	} {
		sel, why := selects(fieldsAt(c.lines))
		if got := fmt.Sprintf("%v %s", []string(sel), why); got != c.want {
			t.Errorf("%.60s: %s, want %s", c.lines, got, c.want)
		}
	}
}

func TestVariants(t *testing.T) {
	for _, c := range []struct {
		name  string
		sel   string
		one   string
		other string
		same  bool
	}{
		// RFC 9111 section 4.1.
		{"vary-match", "foo", "Foo: 1", "Foo: 1", true},
		{"vary-no-match", "foo", "Foo: 1", "Foo: 2", false},
		{"vary-omit-stored", "foo", "", "Foo: 1", false},
		{"vary-omit", "foo", "Foo: 1", "", false},
		{"vary-cache-key", "foo", "Foo: 1|Other: 2", "Foo: 1|Other: 3", true},
		{"vary-2-match", "bar foo", "Foo: 1|Bar: abc", "Foo: 1|Bar: abc", true},
		{"vary-2-no-match", "bar foo", "Foo: 1|Bar: abc", "Foo: 2|Bar: abc", false},
		{"vary-2-match-omit", "bar foo", "Foo: 1", "", false},
		{"vary-3-match", "bar baz foo", "Foo: 1|Bar: abc|Baz: 789", "Baz: 789|Foo: 1|Bar: abc", true},
		{"vary-3-order", "bar baz foo", "Foo: 1|Bar: abc4|Baz: 789", "Foo: 1|Bar: abc|Baz: 789", false},
		{"vary-3-omit", "bar baz foo", "Foo: 1|Baz: 789", "Foo: 1|Baz: 789", true},
		{"missing is not empty", "foo", "", "Foo:", false},
		{"value of another field", "bar foo", "Foo: 1", "Bar: 1", false},
		{"shifted", "bar foo", "Bar: 1|Foo: 2", "Bar: 12|Foo:", false},

		// Normal forms.
		{"vary-normalise-combine", "foo", "Foo: 1, 2", "Foo: 1|Foo: 2", true},
		{"vary-normalise-space", "foo", "Foo: 1,2", "Foo:  1, 2 ", true},
		{"vary-normalise-lang-order", "accept-language", "Accept-Language: en, de", "Accept-Language: de, en", true},
		{"vary-normalise-lang-case", "accept-language", "Accept-Language: en, de", "Accept-Language: eN, De", true},
		{"vary-normalise-lang-space", "accept-language", "Accept-Language: en, de", "Accept-Language:  en ,   de", true},
		{"language lines", "accept-language", "Accept-Language: en, de", "Accept-Language: de|Accept-Language: en", true},
		{"language weights", "accept-language", "Accept-Language: en;q=0.5, de", "Accept-Language: DE , en ; q=0.50", true},
		{"other weights", "accept-language", "Accept-Language: en;q=0.5, de", "Accept-Language: en, de;q=0.5", false},
		{"no language", "accept-language", "", "Accept-Language:", false},
		{"languages of one stem", "accept-language", "Accept-Language: en-GB, en", "Accept-Language: EN, en-gb", true},
		{"many languages", "accept-language", "Accept-Language: " + strings.Repeat("en,", 25) + "de", "Accept-Language: de" + strings.Repeat(", en", 25), false},
		{"odd languages", "accept-language", "Accept-Language: en;x=1, de", "Accept-Language: de, en;x=1", false},
		{"odd language is itself", "accept-language", "Accept-Language: en;x=1, de", "Accept-Language: en;x=1,de", true},
		{"order of others", "foo", "Foo: 1, 2", "Foo: 2, 1", false},
		{"case of others", "foo", "Foo: a", "Foo: A", false},
		{"case of names", "foo", "FOO: a", "foo: a", true},
		{"quoted", "foo", `Foo: "a, b"`, `Foo: "a,b"`, false},
		{"quote not closed", "foo", `Foo: "a, b`, `Foo: "a,b`, true},
		{"empty elements", "foo", "Foo: 1,,2", "Foo: 1,2", false},
		{"inner blanks", "foo", "Foo: a b", "Foo: ab", false},
		{"user agent", "user-agent", "User-Agent: a, b", "User-Agent: a,b", false},
		{"cookie", "cookie", "Cookie: a=1, 2", "Cookie: a=1,2", false},
		{"cookie crumbs", "cookie", "Cookie: a=1; b=2", "Cookie: a=1|Cookie: b=2", true},

		{"encodings", "accept-encoding", "Accept-Encoding: gzip, deflate, br", "Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0", true},
		{"other encodings", "accept-encoding", "Accept-Encoding: gzip", "Accept-Encoding: br", false},
		{"identity", "accept-encoding", "", "Accept-Encoding: identity", true},
	} {
		sel := store.Selector(strings.Fields(c.sel))
		one := AppendVariant(nil, []byte("key"), sel, fieldsAt(c.one), new(Rules))
		other := AppendVariant(nil, []byte("key"), sel, fieldsAt(c.other), new(Rules))
		if (string(one) == string(other)) != c.same {
			t.Errorf("%s: %q, %q", c.name, one, other)
		}
	}
}

func TestVariantText(t *testing.T) {
	f := fieldsAt("Foo: 1")
	texts := map[string]string{
		"primary":        "key",
		"without Vary":   string(AppendVariant(nil, []byte("key"), nil, f, new(Rules))),
		"foo":            string(AppendVariant(nil, []byte("key"), store.Selector{"foo"}, f, new(Rules))),
		"bar":            string(AppendVariant(nil, []byte("key"), store.Selector{"bar"}, f, new(Rules))),
		"foo and bar":    string(AppendVariant(nil, []byte("key"), store.Selector{"bar", "foo"}, f, new(Rules))),
		"of another":     string(AppendVariant(nil, []byte("yek"), store.Selector{"foo"}, f, new(Rules))),
		"encoding":       string(AppendVariant(nil, []byte("key"), store.Selector{"accept-encoding"}, f, new(Rules))),
		"appended twice": string(AppendVariant(AppendVariant(nil, []byte("key"), nil, f, new(Rules)), nil, nil, f, new(Rules))),
	}
	seen := map[string]string{}
	for name, text := range texts {
		if other, dup := seen[text]; dup {
			t.Errorf("%s and %s have one text", name, other)
		}
		seen[text] = name
	}
}

func TestNormalEncoding(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"", ""},
		{"Accept-Encoding:", ""},
		// RFC 9110 section 12.5.3.
		{"Accept-Encoding: gzip", "gzip"},
		{"Accept-Encoding: GZip, bR", "br, gzip"},
		{"Accept-Encoding: x-gzip", "gzip"},
		{"Accept-Encoding: gzip, deflate, br, zstd", "br, gzip, zstd"},
		{"Accept-Encoding: gzip, deflate, br", "br, gzip"},
		{"Accept-Encoding: gzip, deflate, br, zstd|Accept-Encoding: br;q=0", "gzip, zstd"},
		{"Accept-Encoding: gzip, deflate, br|Accept-Encoding: zstd", "br, gzip, zstd"},
		{"Accept-Encoding: zstd, br, gzip", "br, gzip, zstd"},
		{"Accept-Encoding: zstd|Accept-Encoding: br", "br, zstd"},
		{"Accept-Encoding: compress, deflate, identity, dcb", ""},
		{"Accept-Encoding: gzip;q=0", ""},
		{"Accept-Encoding: gzip;q=0.000, br", "br"},
		{"Accept-Encoding: gzip, gzip;q=0", ""},
		{"Accept-Encoding: gzip;q=0.001", "gzip"},
		{"Accept-Encoding: gzip;q=1.000", "gzip"},
		{"Accept-Encoding: gzip ; q=0.5 ,br ;Q=1", "br, gzip"},
		{"Accept-Encoding: *", "br, gzip, zstd"},
		{"Accept-Encoding: *;q=0", ""},
		{"Accept-Encoding: gzip, *;q=0", "gzip"},
		{"Accept-Encoding: br;q=0, *", "gzip, zstd"},
		{"Accept-Encoding: identity;q=0, *;q=0.5", "br, gzip, zstd"},
		// What is malformed counts for nothing.
		{"Accept-Encoding: \x7f,,;q=zz", ""},
		{"Accept-Encoding: gzip;q=zz", ""},
		{"Accept-Encoding: gzip;q=1.001, br", "br"},
		{"Accept-Encoding: gzip;q=2", ""},
		{"Accept-Encoding: gzip;q=0.0001", ""},
		{"Accept-Encoding: gzip;q=", ""},
		{"Accept-Encoding: gzip;q=0.x", ""},
		{"Accept-Encoding: gzip;q=.5", ""},
		{"Accept-Encoding: gzip;x=1", ""},
		{"Accept-Encoding: gzip;q=1;q=0", ""},
		{"Accept-Encoding: gzip br", ""},
		{"Accept-Encoding: gzipp, xbr", ""},
		{"Accept-Encoding: " + strings.Repeat("x,", 1000) + "br", "br"},
	} {
		if got := string(normalEncoding(fieldsAt(c.lines))); got != c.want {
			t.Errorf("%.60s: %q, want %q", c.lines, got, c.want)
		}
	}
	// A normal form is its own.
	for _, n := range normalEncodings {
		if got := normalEncoding(fieldsAt("Accept-Encoding: " + string(n))); string(got) != string(n) {
			t.Errorf("%q became %q", n, got)
		}
	}
}

// FuzzVary: two values of an unknown field have one text exactly if they are
// one list, and a text never depends on another field.
func FuzzVary(f *testing.F) {
	f.Add("1,2", " 1, 2 ")
	f.Add(`"a, b"`, `"a,b"`)
	f.Add(`a"b, c"`, `a"b,c"`)
	f.Add("", ",")
	sel := store.Selector{"foo", "other"}
	text := func(value string) string {
		var fields wire.Fields
		fields.Append([]byte("Foo"), []byte(value))
		return string(AppendVariant(nil, []byte("key"), sel, &fields, new(Rules)))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if same := strings.Join(elements(a), ",") == strings.Join(elements(b), ","); (text(a) == text(b)) != same {
			t.Errorf("%q and %q: one text %v, one list %v", a, b, text(a) == text(b), same)
		}
		if text(a) != text(strings.Join(elements(a), " , ")) {
			t.Errorf("%q changes with blanks around its commas", a)
		}
	})
}

// elements cuts a list at the commas outside of closed quotes.
func elements(s string) (list []string) {
	for {
		i := 0
		for i < len(s) && s[i] != ',' {
			if s[i] == '"' {
				i += max(closedQuote(s[i:]), 1)
			} else {
				i++
			}
		}
		list = append(list, strings.Trim(s[:i], " \t"))
		if i == len(s) {
			return list
		}
		s = s[i+1:]
	}
}

func closedQuote(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == '"' {
			return i + 1
		}
	}
	return 0
}

// Fields that the rules keep from the origin, or that the node writes, select nothing.
func TestHiddenSelectors(t *testing.T) {
	keyed := &Rules{Key: KeyRules{Cookies: []string{"lang"}}}
	ignored := &Rules{Key: KeyRules{Ignore: []string{"cookie", "x-shop-*", "accept-encoding"}}}
	for _, c := range []struct {
		rules    *Rules
		selector string
		a, b     string
		same     bool
	}{
		{new(Rules), "cookie", "Cookie: a=1", "Cookie: a=2", false},
		{keyed, "cookie", "Cookie: _ga=1", "Cookie: _ga=2", true}, // lang is in the primary text
		{ignored, "cookie", "Cookie: a=1", "", true},
		{ignored, "x-shop-currency", "X-Shop-Currency: EUR", "X-Shop-Currency: USD", true},
		{ignored, "x-other", "X-Other: 1", "X-Other: 2", false},
		{ignored, "accept-encoding", "Accept-Encoding: br", "", true},
		{&Rules{Key: KeyRules{Ignore: []string{"*"}}}, "x-other", "X-Other: 1", "X-Other: 2", false},
		{new(Rules), "x-forwarded-host", "X-Forwarded-Host: a", "X-Forwarded-Host: b", true},
		{new(Rules), "x-original-url", "X-Original-URL: /a", "X-Original-URL: /b", true},
		{new(Rules), "x-http-method-override", "X-HTTP-Method-Override: PUT", "", true},
		{new(Rules), "range", "Range: bytes=0-1", "", true},
		{new(Rules), "cache-control", "Cache-Control: no-cache", "", true},
		{&Rules{HonourClient: true}, "cache-control", "Cache-Control: no-cache", "", false},
	} {
		sel := store.Selector{c.selector}
		one := string(AppendVariant(nil, []byte("key"), sel, fieldsAt(c.a), c.rules))
		other := string(AppendVariant(nil, []byte("key"), sel, fieldsAt(c.b), c.rules))
		if (one == other) != c.same {
			t.Errorf("Vary: %s, %q and %q: same %v", c.selector, c.a, c.b, one == other)
		}
	}
}

// A response that allows one Origin to read it is stored apart for the next Origin.
func TestVariesByOrigin(t *testing.T) {
	for allow, want := range map[string]int{"": 0, "*": 0, "https://a.test": 1, "null": 1} {
		lines := ""
		if allow != "" {
			lines = "Access-Control-Allow-Origin: " + allow
		}
		sel, _ := selects(fieldsAt(lines))
		if len(sel) != want {
			t.Errorf("%q: selected by %q", allow, sel)
		}
	}
}
