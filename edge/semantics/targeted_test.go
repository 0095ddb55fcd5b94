package semantics

import "testing"

func TestTargeted(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		// RFC 9213 section 2.2: the first valid field of the list wins, and
		// Cache-Control and Expires count for nothing.
		{"over max-age", "CDN-Cache-Control: max-age=60|Cache-Control: max-age=0", "fresh"},
		{"over no-store", "CDN-Cache-Control: max-age=60|Cache-Control: no-store", "fresh"},
		{"over private", "CDN-Cache-Control: max-age=60|Cache-Control: private", "fresh"},
		{"over a longer max-age", "CDN-Cache-Control: max-age=1|Cache-Control: max-age=60", "validate"},
		{"no-store", "CDN-Cache-Control: no-store|Cache-Control: max-age=60", "no-store"},
		{"private", "CDN-Cache-Control: private, max-age=60|Cache-Control: public", "private"},
		{"no lifetime, max-age", "CDN-Cache-Control: foo|Cache-Control: max-age=60", "no-freshness"},
		{"no lifetime, Expires", "CDN-Cache-Control: public|Expires: @60|Date: @0", "no-freshness"},
		{"own before CDN", "Brink-Cache-Control: max-age=60|CDN-Cache-Control: no-store", "fresh"},
		{"own no-store", "Brink-Cache-Control: no-store|CDN-Cache-Control: max-age=60", "no-store"},
		{"CDN before surrogate", "CDN-Cache-Control: max-age=60|Surrogate-Control: no-store", "fresh"},
		{"s-maxage first", "CDN-Cache-Control: max-age=1, s-maxage=60", "fresh"},
		{"age counts", "CDN-Cache-Control: max-age=60|Age: 100", "no-freshness"},
		{"two lines", "CDN-Cache-Control: public|CDN-Cache-Control: max-age=60", "fresh"},
		{"parameters mean nothing", "CDN-Cache-Control: max-age=60;foo=bar", "fresh"},
		{"too large", "CDN-Cache-Control: max-age=999999999999", "fresh"},
		{"stale windows", "CDN-Cache-Control: max-age=1, stale-while-revalidate=60", "stale"},
		{"no-cache", `CDN-Cache-Control: max-age=60, no-cache|ETag: "a"`, "validate"},
		{"qualified", `CDN-Cache-Control: max-age=60, private=("a" "b")`, "private"},
		{"restriction switched off", "CDN-Cache-Control: max-age=60, no-store=?0", "fresh"},
		{"permission switched off", "CDN-Cache-Control: public=?0, max-age=60|Set-Cookie: a=b", "fresh"},

		// Section 2.1: an empty or malformed field is as good as none.
		{"empty", "CDN-Cache-Control:|Cache-Control: max-age=60", "fresh"},
		{"broken", "CDN-Cache-Control: max-age=|Cache-Control: max-age=60", "fresh"},
		{"not closed", `CDN-Cache-Control: a="b|Cache-Control: max-age=60`, "fresh"},
		{"capitals", "CDN-Cache-Control: Max-Age=1|Cache-Control: max-age=60", "fresh"},
		{"trailing comma", "CDN-Cache-Control: max-age=1,|Cache-Control: max-age=60", "fresh"},
		{"broken, next field", "Brink-Cache-Control: ;|CDN-Cache-Control: max-age=60|Cache-Control: no-store", "fresh"},
		// A member of the wrong type is ignored, the field is not.
		{"string", `CDN-Cache-Control: max-age="60"|Cache-Control: max-age=60`, "no-freshness"},
		{"decimal", "CDN-Cache-Control: max-age=60.5|Cache-Control: max-age=60", "no-freshness"},
		{"no value", "CDN-Cache-Control: max-age|Cache-Control: max-age=60", "no-freshness"},
		{"negative", "CDN-Cache-Control: max-age=-60", "no-freshness"},
		{"last one counts", "CDN-Cache-Control: max-age=1, max-age=60", "fresh"},
		{"restriction of another type", "CDN-Cache-Control: max-age=60, no-store=5", "no-store"},

		// W3C Note "Edge Architecture", as the cache tests read it.
		{"surrogate-max-age", "Surrogate-Control: max-age=3600", "fresh"},
		{"surrogate-max-age-max", "Surrogate-Control: max-age=2147483648", "fresh"},
		{"surrogate-max-age-max-plus", "Surrogate-Control: max-age=99999999999", "fresh"},
		{"surrogate-max-age-me-target", "Surrogate-Control: max-age=3600;brink", "fresh"},
		{"surrogate-max-age-other-target", "Date: @0|Surrogate-Control: max-age=3600;not-for-you|Age: 7200", "no-freshness"},
		{"other target", "Surrogate-Control: max-age=3600;not-for-you|Cache-Control: max-age=1", "validate"},
		{"own target first", "Surrogate-Control: max-age=1, max-age=60; Brink ", "fresh"},
		{"own target keeps general out", "Surrogate-Control: no-store, max-age=60;brink", "fresh"},
		{"surrogate-max-age-age", "Date: @0|Surrogate-Control: max-age=3600|Age: 7200", "no-freshness"},
		{"surrogate-max-age-space-before-equals", "Cache-Control: max-age=1|Surrogate-Control: max-age =100", "no-freshness"},
		{"surrogate-max-age-space-after-equals", "Cache-Control: max-age=1|Surrogate-Control: max-age= 100", "no-freshness"},
		{"surrogate-max-age-0", "Surrogate-Control: max-age=0", "no-freshness"},
		{"surrogate-max-age-extension", "Surrogate-Control: foobar, max-age=3600", "fresh"},
		{"surrogate-max-age-case-insensitive", "Surrogate-Control: MaX-aGe=3600", "fresh"},
		{"surrogate-max-age-expires", "Surrogate-Control: max-age=3600|Expires: @-10000|Date: @0", "fresh"},
		{"surrogate-max-age-cc-max-age-invalid-expires", "Surrogate-Control: max-age=3600|Expires: 0|Date: @0", "fresh"},
		{"surrogate-max-age-0-expires", "Surrogate-Control: max-age=0|Expires: @10000|Date: @0", "no-freshness"},
		{"surrogate-max-age-short-cc-max-age", "Cache-Control: max-age=1|Surrogate-Control: max-age=3600", "fresh"},
		{"surrogate-max-age-long-cc-max-age", "Cache-Control: max-age=3600|Surrogate-Control: max-age=1", "validate"},
		{"surrogate-no-store", "Surrogate-Control: no-store", "no-store"},
		{"surrogate-no-store-cc-fresh", "Cache-Control: max-age=10000|Surrogate-Control: no-store|Expires: @10000|Date: @0", "no-store"},
		{"surrogate-fresh-cc-nostore", "Cache-Control: no-store|Surrogate-Control: max-age=10000;brink", "fresh"},
		{"no-store-remote", "Surrogate-Control: max-age=60, no-store-remote", "no-store"},
		{"staleness", "Surrogate-Control: max-age=1+60", "stale"},
		{"staleness over", "Surrogate-Control: max-age=1+1|ETag: \"a\"", "validate"},
		{"broken staleness", "Surrogate-Control: max-age=60+x", "fresh"},
		{"content says nothing", `Surrogate-Control: content="ESI/1.0, no-store"|Cache-Control: max-age=60`, "fresh"},
		{"surrogate-remove-header", "Cache-Control: max-age=10000|Surrogate-Control: foo", "fresh"},
		// A semicolon that should be a comma, and a comma that is missing.
		{"no-store for a comma", "Surrogate-Control: max-age=60; no-store", "no-store"},
		{"no-store-remote for a comma", "Surrogate-Control: max-age=60; no-store-remote", "no-store"},
		{"no comma", "Surrogate-Control: max-age=60 no-store", "no-store"},
		{"no comma, for this node", "Surrogate-Control: max-age=60 no-store;brink", "no-store"},
		{"no comma, for another", "Surrogate-Control: max-age=60, max-age=5 no-store;other", "fresh"},
		{"stray quote", `Surrogate-Control: max-age=60, "no-store`, "no-store"},
		{"broken number", "Surrogate-Control: public max-age=60", "fresh"},
		{"quoted semicolon", `Surrogate-Control: x="a;brink", max-age=60`, "fresh"},
	} {
		if got := reuse(t, "", answerAt(200, c.lines), new(Rules), 3); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// FuzzTargeted: whatever the fields hold, nothing fails, seconds stay within
// their bounds and the lifetime's instants in their order.
func FuzzTargeted(f *testing.F) {
	f.Add("max-age=60, private", "max-age=1+2;brink, no-store", "max-age=5", "3")
	f.Add(`a=("b" "c");d, max-age=-1`, `content="x;y"`, "stale-if-error=9", "x")
	f.Fuzz(func(t *testing.T, cdn, surrogate, control, age string) {
		resp := answerAt(200, "")
		resp.Fields.Append([]byte("CDN-Cache-Control"), []byte(cdn))
		resp.Fields.Append([]byte("Surrogate-Control"), []byte(surrogate))
		resp.Fields.Append([]byte("Cache-Control"), []byte(control))
		resp.Fields.Append([]byte("Age"), []byte(age))
		p := policyOf(resp.Fields)
		for _, n := range []int64{p.MaxAge, p.SMaxAge, p.StaleWhileRevalidate, p.StaleIfError, p.MinFresh, p.MaxStale} {
			if n < 0 || n > maxSeconds {
				t.Fatalf("%d seconds", n)
			}
		}
		l := lifetimeOf(resp, false, new(Rules), atOnce)
		if l.Born > testNow || l.Fresh < l.Born || l.Stale < l.Fresh || l.IfError < l.Fresh {
			t.Fatalf("%+v", l)
		}
	})
}
