package semantics

import (
	"bytes"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
)

func TestAppendTarget(t *testing.T) {
	keep := KeyRules{Query: QueryKeep, Params: []string{"a", "b"}}
	drop := KeyRules{Query: QueryDrop, Params: []string{"utm_*", "fbclid"}}
	sorted := KeyRules{Sort: true}
	for _, c := range []struct {
		name   string
		target string
		rules  KeyRules
		want   string
	}{
		{"all", "/p?b=1&a=2", KeyRules{}, "/p?b=1&a=2"},
		{"all, empty", "/p?", KeyRules{}, "/p?"},
		{"all, odd", "/p?&&a&=&a=", KeyRules{}, "/p?&&a&=&a="},
		{"all, none", "/p", KeyRules{}, "/p"},
		{"none", "/p?b=1", KeyRules{Query: QueryNone}, "/p"},
		{"none, empty", "/p?", KeyRules{Query: QueryNone}, "/p"},
		{"keep", "/p?b=1&x=3&a=2&b=4", keep, "/p?b=1&a=2&b=4"},
		{"keep nothing", "/p?x=3", keep, "/p"},
		{"keep, no value", "/p?a&b=", keep, "/p?a&b="},
		{"keep, empty parameters", "/p?&a&&b&", keep, "/p?a&b"},
		{"keep, no query", "/p", keep, "/p"},
		{"keep, longer name", "/p?aa=1&ab=2", keep, "/p"},
		{"drop", "/p?utm_source=x&id=1&fbclid=2&utm_=3", drop, "/p?id=1"},
		{"drop all", "/p?fbclid=2", drop, "/p"},
		{"drop, longer name", "/p?fbclidx=2&utm=1", drop, "/p?fbclidx=2&utm=1"},
		// Escapes in a name hide nothing; ";" separates nothing.
		{"drop, escaped", "/p?%66bclid=2&a=1&utm%5fx=1", drop, "/p?a=1"},
		{"keep, escaped", "/p?%61=1&c=2", keep, "/p?%61=1"},
		{"drop, cloaked", "/p?id=1&utm_content=a;id=2", drop, "/p?id=1"},
		{"drop, escaped ampersand", "/p?id=1%26fbclid=2", drop, "/p?id=1%26fbclid=2"},
		{"drop, plus is no underscore", "/p?utm+x=1", drop, "/p?utm+x=1"},
		{"drop, broken escape", "/p?%6=1&%zz=2&%", drop, "/p?%6=1&%zz=2&%"},
		{"sort", "/p?b=1&a=2&b=0&a=1", sorted, "/p?a=2&a=1&b=1&b=0"},
		{"sort, prefix", "/p?ab=1&a=2&a", sorted, "/p?a=2&a&ab=1"},
		{"sort, empty", "/p?", sorted, "/p"},
		{"sort and keep", "/p?b=1&x&a=2", KeyRules{Query: QueryKeep, Params: []string{"a", "b"}, Sort: true}, "/p?a=2&b=1"},
	} {
		r := getAt(t, "http://a.test"+c.target, "")
		if got := string(AppendTarget(nil, &r.URL, &c.rules)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	var u message.URL
	message.ParseURL(&u, "http", []byte("a.test"), []byte("*"), nil)
	if got := string(AppendTarget(nil, &u, &keep)); got != "*" {
		t.Errorf("*: %s", got)
	}
}

func TestSortManyParameters(t *testing.T) {
	var want, query []string
	for c := 'a'; c <= 'z'; c++ {
		for d := 'a'; d <= 'z'; d++ {
			want = append(want, string(c)+string(d))
			query = append(query, string('z'-(c-'a'))+string('z'-(d-'a')))
		}
	}
	r := getAt(t, "http://a.test/?"+strings.Join(query, "&"), "")
	got := string(AppendTarget(nil, &r.URL, &KeyRules{Sort: true}))
	if got != "/?"+strings.Join(want, "&") {
		t.Errorf("got %s", got)
	}
}

func TestAppendKey(t *testing.T) {
	rules := &KeyRules{Headers: []string{"x-tenant"}, Cookies: []string{"lang"}}
	key := func(url, lines string, k *KeyRules) string {
		r := getAt(t, url, lines)
		return string(AppendKey(nil, &r.URL, &r.Fields, k))
	}
	// Keys of what is told apart, one a line; none may equal another.
	apart := []string{
		key("http://a.test/", "", rules),
		key("https://a.test/", "", rules),
		key("http://b.test/", "", rules),
		key("http://a.test:81/", "", rules),
		key("http://a.test/x", "", rules),
		key("http://a.test/?", "", rules),
		key("http://a.test/?x", "", rules),
		key("http://a.test/?x=", "", rules),
		key("http://a.test/", "X-Tenant:", rules),
		key("http://a.test/", "X-Tenant: 1", rules),
		key("http://a.test/", "X-Tenant: 2", rules),
		key("http://a.test/", "X-Tenant: 1|X-Tenant: 2", rules),
		key("http://a.test/", "Cookie: lang=", rules),
		key("http://a.test/", "Cookie: lang=en", rules),
		key("http://a.test/", "Cookie: lang=de", rules),
		key("http://a.test/", "Cookie: lang=en; lang=de", rules),
		key("http://a.test/", "Cookie: lang=en%3B lang=de", rules),
		key("http://a.test/", "", new(KeyRules)),
		key("http://a.test/", "X-Tenant: 1", &KeyRules{Headers: []string{"x-tenant"}}),
		key("http://a.test/", "X-Tenant: 1", &KeyRules{Headers: []string{"x-other"}}),
		key("http://a.test/", "Cookie: lang=en", &KeyRules{Cookies: []string{"lang"}}),
		key("http://a.test/", "Cookie: lang=en", &KeyRules{Cookies: []string{"l*"}}),
		key("http://a.test/", "Cookie: lan=gen", &KeyRules{Cookies: []string{"l*"}}),
		key("http://a.test/", "X-A: b", &KeyRules{Headers: []string{"x-*"}}),
		key("http://a.test/", "X-A:|X-B:", &KeyRules{Headers: []string{"x-*"}}),
		key("http://a.test/", "X-Requested-With: XMLHttpRequest", new(KeyRules)),
		key("http://a.test/", "HX-Request: true", new(KeyRules)),
		key("http://a.test/", "HX-Request: true|HX-Target: a", new(KeyRules)),
		key("http://a.test/", "X-Any: 1", &KeyRules{Unknown: SeparateUnknown}),
		key("http://a.test/", "X-Any: 2", &KeyRules{Unknown: SeparateUnknown}),
	}
	for i, a := range apart {
		for j, b := range apart[:i] {
			if a == b {
				t.Errorf("lines %d and %d have one key: %q", j, i, a)
			}
		}
	}
	// And keys of what is one.
	same := [][2]string{
		{key("http://a.test/", "Accept: x", rules), key("http://a.test/", "Accept: y", rules)},
		{key("http://A.test:80/%61", "", rules), key("http://a.test/a", "", rules)},
		{key("http://a.test/", "X-Tenant: 1|X-Tenant: 2", rules), key("http://a.test/", "x-tenant: 1, 2", rules)},
		{key("http://a.test/", "Cookie: a=1; lang=en; b=2", rules), key("http://a.test/", "Cookie: lang=en", rules)},
		{key("http://a.test/", "Cookie: a=1|Cookie: lang=en", rules), key("http://a.test/", "Cookie: lang=en", rules)},
		{key("http://a.test/", "HX-Target: a|HX-Request: true", rules), key("http://a.test/", "hx-request: true|hx-target: a", rules)},
		{key("http://a.test/", "X-Pjax: 1", &KeyRules{Ignore: []string{"x-pjax"}}), key("http://a.test/", "", new(KeyRules))},
		{key("http://a.test/", "Accept: x|Cf-Ray: 1|X-Real-Ip: 2", &KeyRules{Unknown: SeparateUnknown}), key("http://a.test/", "", new(KeyRules))},
		{key("http://a.test/", "X-Any: 1", &KeyRules{Unknown: SeparateUnknown, Ignore: []string{"x-*"}}), key("http://a.test/", "", new(KeyRules))},
		{key("http://a.test/", "Cookie: xlang=en; langx=en; lang", rules), key("http://a.test/", "", rules)},
	}
	for i, pair := range same {
		if pair[0] != pair[1] {
			t.Errorf("pair %d: %q, %q", i, pair[0], pair[1])
		}
	}
	// The URL's own text begins that of each response, whatever the rules.
	r := getAt(t, "http://a.test/", "X-Tenant: 1")
	url := string(AppendKey(nil, &r.URL, nil, rules))
	if url != key("http://a.test/", "", new(KeyRules)) || !strings.HasPrefix(key("http://a.test/", "X-Tenant: 1", rules), url) {
		t.Errorf("URL text %q", url)
	}
	// It appends.
	if got := string(AppendKey([]byte("x"), &r.URL, nil, rules)); got != "x"+url {
		t.Errorf("appended: %q", got)
	}
}

func TestReadableKey(t *testing.T) {
	rules := &KeyRules{Headers: []string{"x-tenant", "x-none"}, Cookies: []string{"lang", "none"}}
	r := getAt(t, "https://a.test/p?q=1", "X-Tenant: a b|Cookie: lang=en; lang=de|Accept-Encoding: gzip|Accept-Language: de;q=0.5, EN|Foo: 1, 2")
	key := AppendKey(nil, &r.URL, &r.Fields, rules)
	const want = "https://a.test/p?q=1 h:x-tenant=a b h:x-none c:lang=en=de c:none"
	if got := ReadableKey(key); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	sel := []string{"accept-encoding", "accept-language", "bar", "foo"}
	variant := AppendVariant(nil, key, sel, &r.Fields, new(Rules))
	const more = " v:accept-encoding=gzip v:accept-language=en,de;q=0.500 v:bar v:foo=1,2"
	if got := ReadableKey(variant); got != want+more {
		t.Errorf("got %s\nwant %s", got, want+more)
	}
	// A text that is cut off reads as what there is of it, or comes quoted.
	for n := range variant {
		if got := ReadableKey(variant[:n]); !strings.HasPrefix(want+more, got) && got[0] != '"' {
			t.Errorf("%d bytes read %s", n, got)
		}
	}
	if got := ReadableKey([]byte("no key")); got != `"no key"` {
		t.Errorf("got %s", got)
	}
}

// FuzzKey: the key text can be taken apart again into exactly what it was made
// of, so no two requests that differ share one.
func FuzzKey(f *testing.F) {
	f.Add(true, "a.test", "/p?q", true, "v", "c=1; c=2")
	f.Add(false, "", "", false, "", "")
	f.Add(false, "a\x00b", "/\x00\x00\x00\x01h", true, "\x00\x00\x00\x00c", "c=\x00\x01;c=;cc=1")
	f.Fuzz(func(t *testing.T, secure bool, host, target string, present bool, value, cookie string) {
		u := message.URL{Scheme: "http", Host: []byte(host), Target: []byte(target)}
		if secure {
			u.Scheme = "https"
		}
		var fields wire.Fields
		if present {
			fields.Append([]byte("H"), []byte(value))
		}
		fields.AppendID(wire.Cookie, []byte(cookie))
		text := AppendKey(nil, &u, &fields, &KeyRules{Headers: []string{"h"}, Cookies: []string{"c"}})

		r := keyReader{rest: text}
		if r.part() != u.Scheme || r.part() != host || r.part() != target || r.byte() != 'h' || r.part() != "h" {
			t.Fatalf("URL or name of the field differ: %q", text)
		}
		if form := r.byte(); (form == valueExact) != present || present && r.part() != value {
			t.Fatalf("field differs: %q", text)
		}
		if r.byte() != 'c' || r.part() != "c" {
			t.Fatalf("name of the cookie differs: %q", text)
		}
		for pair := range bytes.SplitSeq([]byte(cookie), []byte(";")) {
			if v, ok := bytes.CutPrefix(bytes.Trim(pair, " \t"), []byte("c=")); ok {
				if r.byte() != 1 || r.part() != string(v) {
					t.Fatalf("cookie %q differs: %q", v, text)
				}
			}
		}
		if r.byte() != 0 || len(r.rest) != 0 || r.broken {
			t.Fatalf("more than there was: %q", text)
		}
	})
}
