package semantics

import (
	"testing"

	"brink/store"
)

const browserLines = "Host: www.example.com|User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0|" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8|Accept-Language: de,en-US;q=0.7,en;q=0.3|" +
	"Accept-Encoding: gzip, deflate, br, zstd|Connection: keep-alive|Sec-Fetch-Mode: navigate"

// Nothing on the path of a hit allocates.
func TestNoAllocs(t *testing.T) {
	r := getAt(t, "http://a.test/a/b?x=1&utm_source=2&b=3", browserLines+"|Cookie: lang=de; s=1|X-Tenant: 1|Cache-Control: max-age=0, no-cache")
	rules := &Rules{HonourClient: true, Key: KeyRules{
		Query: QueryDrop, Params: []string{"utm_*"}, Sort: true, Headers: []string{"x-tenant"}, Cookies: []string{"lang"},
	}}
	l := lifeOf(10, 50, 60, 70, 0)
	sel := store.Selector{"accept", "accept-encoding", "accept-language", "cookie", "foo"}
	key, variant := make([]byte, 0, 1024), make([]byte, 0, 2048)
	date := []byte("Sunday, 06-Nov-94 08:49:37 GMT")
	policy := ParseSearchPolicy(fieldsAt(`No-Vary-Search: key-order, params=("utm_source")`))
	var d Directives
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"RequestDirectives", func() { d = RequestDirectives(&r.Fields) }},
		{"Admit", func() { Admit(r, rules, &d) }},
		{"AppendKey", func() { key = AppendKey(key[:0], &r.URL, &r.Fields, &rules.Key) }},
		{"AppendVariant", func() { variant = AppendVariant(variant[:0], key, sel, &r.Fields, new(Rules)) }},
		{"NormalEncoding", func() { normalEncoding(&r.Fields) }},
		{"Unkeyed", func() { Unkeyed(r, &rules.Key, sel) }},
		{"IdentifiesUser", func() { IdentifiesUser(r, rules) }},
		{"Bypasses", func() { rules.Bypass.bypasses(r) }},
		{"AppendQuery", func() { variant = policy.AppendQuery(variant[:0], r.URL.Query) }},
		{"Judge", func() { Judge(l, &d, rules, 0, testNow) }},
		{"UsableOnError", func() { UsableOnError(l, 200, Unreachable, &d, rules, 0, testNow) }},
		{"ParseDate", func() { parseDate(date) }},
		{"AppendDate", func() { variant = AppendDate(variant[:0], 784111777) }},
	} {
		if n := testing.AllocsPerRun(100, c.run); n != 0 {
			t.Errorf("%s allocates %v times", c.name, n)
		}
	}
}

// The whole of what a hit decides, for a request as browsers send it.
func BenchmarkHit(b *testing.B) {
	r := getAt(b, "http://www.example.com/assets/site-3f2a.css", browserLines)
	rules := new(Rules)
	l := lifeOf(10, 50, 60, 70, 0)
	key := make([]byte, 0, 1024)
	for b.Loop() {
		d := RequestDirectives(&r.Fields)
		if Admit(r, rules, &d).Action != Lookup {
			b.Fatal("not looked up")
		}
		key = AppendKey(key[:0], &r.URL, &r.Fields, &rules.Key)
		if Judge(l, &d, rules, 0, testNow).Use != Fresh {
			b.Fatal("not fresh")
		}
	}
}

func BenchmarkVariant(b *testing.B) {
	r := getAt(b, "http://www.example.com/", browserLines)
	key := AppendKey(nil, &r.URL, &r.Fields, new(KeyRules))
	variant := make([]byte, 0, 1024)
	sel := store.Selector{"accept-encoding"}
	for b.Loop() {
		variant = AppendVariant(variant[:0], key, sel, &r.Fields, new(Rules))
	}
}

func BenchmarkStore(b *testing.B) {
	r := getAt(b, "http://www.example.com/", browserLines)
	resp := answerAt(200, "Date: @0|Content-Type: text/html|Content-Length: 1000|Cache-Control: public, max-age=3600|ETag: \"a\"|Last-Modified: @-1000|Vary: Accept-Encoding")
	rules := new(Rules)
	for b.Loop() {
		if _, _, why := Store(r, resp, rules, atOnce); !why.Stored() {
			b.Fatal(why)
		}
	}
}
