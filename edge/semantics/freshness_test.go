package semantics

import (
	"strings"
	"testing"

	"brink/purge"
	"brink/store"
)

var useWords = [...]string{Fresh: "fresh", StaleRefresh: "stale", Validate: "validate", Gone: "gone"}

// reuse stores a response and says what it is good for some seconds later:
// "fresh", "stale" or "validate", or the reason why it is not stored.
func reuse(t testing.TB, ask string, resp *Response, rules *Rules, after int64) string {
	t.Helper()
	r := getAt(t, "http://a.test/", ask)
	l, _, why := Store(r, resp, rules, atOnce)
	if !why.Stored() {
		return why.Reason.String()
	}
	d := RequestDirectives(&r.Fields)
	return useWords[Judge(&l, &d, rules, purge.Untouched, testNow+span(after)).Use]
}

// What a cache-tests case asks, by its name there, with a pause of 3 seconds.
func TestFreshness(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		// RFC 9111 section 4.2.1: max-age.
		{"freshness-none", "", "no-freshness"},
		{"freshness-max-age", "Cache-Control: max-age=3600", "fresh"},
		{"freshness-max-age-0", "Cache-Control: max-age=0", "no-freshness"},
		{"freshness-max-age-max-minus-1", "Cache-Control: max-age=2147483647", "fresh"},
		{"freshness-max-age-max", "Cache-Control: max-age=2147483648", "fresh"},
		{"freshness-max-age-max-plus-1", "Cache-Control: max-age=2147483649", "fresh"},
		{"freshness-max-age-max-plus", "Cache-Control: max-age=99999999999", "fresh"},
		{"freshness-max-age-age", "Date: @0|Cache-Control: max-age=3600|Age: 7200", "no-freshness"},
		{"freshness-max-age-date", "Date: @-7200|Cache-Control: max-age=3600", "no-freshness"},
		{"freshness-max-age-expires", "Cache-Control: max-age=3600|Expires: @-7200|Date: @0", "fresh"},
		{"freshness-max-age-expires-invalid", "Cache-Control: max-age=3600|Expires: 0|Date: @0", "fresh"},
		{"freshness-max-age-0-expires", "Expires: @3600|Cache-Control: max-age=0|Date: @0", "no-freshness"},
		{"freshness-max-age-extension", "Cache-Control: foobar, max-age=3600", "fresh"},
		{"freshness-max-age-case-insenstive", "Cache-Control: MaX-aGe=3600", "fresh"},
		{"freshness-max-age-negative", "Cache-Control: max-age=-3600", "no-freshness"},
		// Section 5.2.2.10: s-maxage before all else.
		{"freshness-s-maxage-shared", "Cache-Control: s-maxage=3600", "fresh"},
		{"freshness-max-age-s-maxage-shared-longer", "Cache-Control: max-age=3600, s-maxage=1", "validate"},
		{"freshness-max-age-s-maxage-shared-longer-reversed", "Cache-Control: s-maxage=1, max-age=3600", "validate"},
		{"freshness-max-age-s-maxage-shared-longer-multiple", "Cache-Control: max-age=3600|Cache-Control: s-maxage=1", "validate"},
		{"freshness-max-age-s-maxage-shared-shorter", "Cache-Control: max-age=1, s-maxage=3600", "fresh"},
		{"freshness-max-age-s-maxage-shared-shorter-expires", "Expires: @-10|Cache-Control: max-age=0, s-maxage=3600", "fresh"},
		{"s-maxage is invalid", "Cache-Control: max-age=3600, s-maxage=x", "no-freshness"},

		// Section 5.2: parsing.
		{"freshness-max-age-quoted", `Cache-Control: max-age="3600"`, "fresh"},
		{"freshness-max-age-single-quoted", "Cache-Control: max-age='3600'", "no-freshness"},
		{"freshness-max-age-ignore-quoted", `Cache-Control: extension="max-age=3600", max-age=1`, "validate"},
		{"freshness-max-age-ignore-quoted-rev", `Cache-Control: max-age=1, extension="max-age=3600"`, "validate"},
		{"freshness-max-age-ignore-quoted-all", `Cache-Control: extension="max-age=3600", max-age="1"`, "validate"},
		{"freshness-max-age-ignore-quoted-all-rev", `Cache-Control: max-age="1", extension="max-age=3600"`, "validate"},
		{"freshness-max-age-leading-zero", "Cache-Control: max-age=003600", "fresh"},
		{"freshness-max-age-decimal-zero", "Cache-Control: max-age=3600.0", "no-freshness"},
		{"freshness-max-age-decimal-five", "Cache-Control: max-age=3600.5", "no-freshness"},
		{"freshness-max-age-space-before-equals", "Cache-Control: max-age =3600", "no-freshness"},
		{"freshness-max-age-space-after-equals", "Cache-Control: max-age= 3600", "no-freshness"},
		{"freshness-max-age-a100", "Cache-Control: max-age=a3600", "no-freshness"},
		{"freshness-max-age-100a", "Cache-Control: max-age=3600a", "no-freshness"},
		{"freshness-max-age-multiple-line", "Cache-Control: max-age=3600|Cache-Control: max-age=1800", "fresh"},
		{"freshness-max-age-multiple-directive", "Cache-Control: max-age=3600, max-age=1800", "fresh"},
		{"freshness-max-age-two-stale-fresh-sameline", "Cache-Control: max-age=1, max-age=1800", "validate"},
		{"freshness-max-age-two-fresh-stale-sameline", "Cache-Control: max-age=1800, max-age=1", "validate"},
		{"freshness-max-age-two-stale-fresh-sepline", "Cache-Control: max-age=1|Cache-Control: max-age=1800", "validate"},
		{"freshness-max-age-two-fresh-stale-sepline", "Cache-Control: max-age=1800|Cache-Control: max-age=1", "validate"},

		// Section 5.3: Expires, by the origin's clock.
		{"freshness-expires-future", "Expires: @2592000|Date: @0", "fresh"},
		{"freshness-expires-past", "Expires: @-2592000|Date: @0", "no-freshness"},
		{"freshness-expires-present", "Expires: @0|Date: @0", "no-freshness"},
		{"freshness-expires-old-date", "Expires: @300|Date: @400", "no-freshness"},
		{"freshness-expires-invalid", "Expires: 0|Date: @0", "no-freshness"},
		{"freshness-expires-invalid-date", "Date: foo|Expires: @10", "fresh"},
		{"freshness-expires-age-slow-date", "Date: @-10|Expires: @10|Age: 25", "no-freshness"},
		{"freshness-expires-age-fast-date", "Date: @10|Expires: @20|Age: 15", "no-freshness"},
		{"fast date", "Date: @7200|Expires: @7300", "fresh"},
		{"slow clock", "Date: @-7200|Expires: @-7100", "no-freshness"},
		{"freshness-expires-32bit", "Expires: Tue 19 Jan 2038 14:14:08 GMT|Date: @0", "no-freshness"},
		{"freshness-expires-rfc850", "Expires: Thursday, 18-Aug-50 02:01:18 GMT|Date: @0", "fresh"},
		{"freshness-expires-ansi-c", "Expires: Thu Aug  8 02:01:18 2050|Date: @0", "fresh"},
		{"freshness-expires-wrong-case-weekday", "Expires: THU, 18 Aug 2050 02:01:18 GMT|Date: @0", "fresh"},
		{"freshness-expires-wrong-case-month", "Expires: Thu, 18 AUG 2050 02:01:18 GMT|Date: @0", "fresh"},
		{"freshness-expires-wrong-case-tz", "Expires: Thu, 18 Aug 2050 02:01:18 gMT|Date: @0", "fresh"},
		{"freshness-expires-invalid-utc", "Expires: Thu, 18 Aug 2050 02:01:18 UTC|Date: @0", "no-freshness"},
		{"freshness-expires-invalid-2-digit-year", "Expires: Thu, 18 Aug 50 02:01:18 GMT|Date: @0", "no-freshness"},
		{"freshness-expires-invalid-no-comma", "Expires: Thu 18 Aug 2050 02:01:18 GMT|Date: @0", "no-freshness"},
		{"freshness-expires-invalid-multiple-lines", "Expires: @5000|Expires: @5001|Date: @0", "no-freshness"},
		{"far future", "Expires: Fri, 31 Dec 9999 23:59:59 GMT|Date: @0", "fresh"},
		{"1970", "Cache-Control: max-age=60|Date: Thu, 01 Jan 1970 00:00:00 GMT", "no-freshness"},
		{"2099", "Cache-Control: max-age=60|Date: Thu, 01 Jan 2099 00:00:00 GMT", "fresh"},

		{"broken max-age, expired", "Cache-Control: public max-age=60|Expires: @-5|Date: @0", "no-freshness"},
		{"broken max-age, later Expires", "Cache-Control: public max-age=60|Expires: @500|Date: @0", "fresh"},
		{"proper max-age, expired", "Cache-Control: public; x, max-age=60|Expires: @-5|Date: @0", "fresh"},
		// Section 5.1: of several members the first counts, and an Age that is no
		// number is ignored.
		{"age-parse-nonnumeric", "Date: @0|Cache-Control: max-age=3600|Age: abc", "fresh"},
		{"age-parse-negative", "Date: @0|Cache-Control: max-age=3600|Age: -7200", "fresh"},
		{"age-parse-float", "Date: @0|Cache-Control: max-age=3600|Age: 7200.0", "fresh"},
		{"age-parse-suffix", "Date: @0|Cache-Control: max-age=3600|Age: 7200,0", "no-freshness"},
		{"age-parse-prefix", "Date: @0|Cache-Control: max-age=3600|Age: 0,7200", "fresh"},
		{"age-parse-suffix-twoline", "Date: @0|Cache-Control: max-age=3600|Age: 7200|Age: 0", "no-freshness"},
		{"age-parse-prefix-twoline", "Date: @0|Cache-Control: max-age=3600|Age: 0|Age: 7200", "fresh"},
		{"age-parse-dup-0", "Date: @0|Cache-Control: max-age=3600|Age: 0, 0", "fresh"},
		{"age-parse-dup-0-twoline", "Date: @0|Cache-Control: max-age=3600|Age: 0|Age: 0", "fresh"},
		{"age-parse-dup-old", "Date: @0|Cache-Control: max-age=10000|Age: 3600, 3600", "fresh"},
		{"age-parse-parameter", "Date: @0|Cache-Control: max-age=3600|Age: 7200;foo=bar", "fresh"},
		{"age-parse-numeric-parameter", "Date: @0|Cache-Control: max-age=3600|Age: 7200;foo=111", "fresh"},
		{"empty", "Cache-Control: max-age=3600|Age:", "fresh"},
		{"first of a list, old", "Cache-Control: max-age=3600|Age: 7200, 0", "no-freshness"},
		{"first of a list, no number", "Cache-Control: max-age=3600|Age: x, 7200", "fresh"},
		{"first line empty", "Cache-Control: max-age=3600|Age:|Age: 7200", "no-freshness"},
		{"empty members", "Cache-Control: max-age=3600|Age: ,, 7200", "no-freshness"},
		{"clamped", "Cache-Control: max-age=3600|Age: 2147483649", "no-freshness"},
		{"huge", "Cache-Control: max-age=99999999999|Age: 99999999999999999999", "no-freshness"},
		{"young", "Cache-Control: max-age=3600|Age: 1800", "fresh"},

		// Section 5.2.2: what must not be reused, or only once validated.
		{"cc-resp-private-shared", "Cache-Control: private, max-age=3600", "private"},
		{"cc-resp-no-store", "Cache-Control: no-store", "no-store"},
		{"cc-resp-no-store-case-insensitive", "Cache-Control: No-StOrE", "no-store"},
		{"cc-resp-no-store-fresh", "Cache-Control: max-age=10000, no-store|Expires: @10000|Date: @0", "no-store"},
		{"cc-resp-no-cache", "Cache-Control: max-age=10000, no-cache|Expires: @10000|Date: @0", "no-cache"},
		{"cc-resp-no-cache-case-insensitive", "Cache-Control: max-age=10000, No-CaChE|Expires: @10000", "no-cache"},
		{"cc-resp-no-cache-revalidate", `Cache-Control: no-cache|ETag: "abcd"`, "validate"},
		{"cc-resp-no-cache-revalidate-fresh", `Cache-Control: max-age=10000, no-cache|ETag: "abcd"`, "validate"},
		{"headers-omit-headers-listed-in-Cache-Control-no-cache", `Cache-Control: no-cache="a, b"|Cache-Control: max-age=3600|ETag: "a"`, "validate"},
		{"private field", `Cache-Control: private="Set-Cookie", max-age=3600`, "private"},
		{"cc-resp-must-revalidate-fresh", `Cache-Control: max-age=10000, must-revalidate|ETag: "abcd"`, "fresh"},
		{"cc-resp-must-revalidate-stale", `Cache-Control: max-age=2, must-revalidate|ETag: "abcd"`, "validate"},

		// Section 5.4: Pragma means nothing in a response, but ends guessing.
		{"pragma-response-no-cache", "Cache-Control: max-age=3600|Pragma: no-cache", "fresh"},
		{"pragma-response-no-cache-heuristic", "Last-Modified: @-10000|Date: @0|Pragma: no-cache", "validate"},
		{"pragma-response-extension", "Cache-Control: max-age=3600|Pragma: unrecognised-extension", "fresh"},

		// Section 4.2.2: a tenth of the age, at most a day.
		{"heuristic-delta-5", "Last-Modified: @-5|Date: @0", "validate"},
		{"heuristic-delta-30", "Last-Modified: @-30|Date: @0", "validate"},
		{"heuristic-delta-60", "Last-Modified: @-60|Date: @0", "fresh"},
		{"heuristic-delta-86400", "Last-Modified: @-86400|Date: @0", "fresh"},
		{"modified in the future", "Last-Modified: @500|Date: @0", "validate"},
		{"other-heuristic-content-disposition-attachment", "Last-Modified: @-100000|Date: @0|Content-Disposition: attachment", "fresh"},
		{"other-fresh-content-disposition-attachment", "Cache-Control: max-age=3600|Content-Disposition: attachment", "fresh"},

		// RFC 5861 section 3.
		{"swr", "Cache-Control: max-age=1, stale-while-revalidate=60", "stale"},
		{"swr past", `Cache-Control: max-age=1, stale-while-revalidate=1|ETag: "a"`, "validate"},
		{"swr at once", "Cache-Control: max-age=0, stale-while-revalidate=60", "stale"},
		{"swr without value", "Cache-Control: max-age=1, stale-while-revalidate", "validate"},
		{"swr and must-revalidate", "Cache-Control: max-age=1, stale-while-revalidate=60, must-revalidate", "validate"},
		{"swr and proxy-revalidate", "Cache-Control: max-age=1, stale-while-revalidate=60, proxy-revalidate", "validate"},
		{"swr and s-maxage", "Cache-Control: s-maxage=1, stale-while-revalidate=60", "stale"},
		{"s-maxage alone", "Cache-Control: s-maxage=1|ETag: \"a\"", "validate"},
		{"swr and no-cache", `Cache-Control: no-cache, stale-while-revalidate=60|ETag: "a"`, "validate"},
		{"swr negative", "Cache-Control: max-age=1, stale-while-revalidate=-60", "validate"},
	} {
		if got := reuse(t, "", answerAt(200, c.lines), new(Rules), 3); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Each status, as it is stored with an explicit lifetime, with nothing but
// Last-Modified, and with that and public.
func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		status                    int
		explicit, guessed, public string
	}{
		// RFC 9111 section 3: final responses only; RFC 9110 section 15.1.
		{100, "status", "status", "status"},
		{103, "status", "status", "status"},
		{200, "fresh", "fresh", "fresh"},
		{201, "fresh", "status", "fresh"},
		{202, "fresh", "status", "fresh"},
		{203, "fresh", "fresh", "fresh"},
		{204, "fresh", "fresh", "fresh"},
		{206, "bad-range", "bad-range", "bad-range"},
		{299, "fresh", "status", "fresh"},
		{300, "fresh", "fresh", "fresh"},
		{301, "fresh", "fresh", "fresh"},
		{302, "fresh", "status", "fresh"},
		{303, "fresh", "status", "fresh"},
		{304, "request-status", "request-status", "request-status"},
		{307, "fresh", "status", "fresh"},
		{308, "fresh", "fresh", "fresh"},
		{400, "fresh", "request-status", "fresh"},
		{403, "fresh", "request-status", "fresh"},
		{404, "fresh", "fresh", "fresh"},
		{405, "fresh", "fresh", "fresh"},
		{410, "fresh", "fresh", "fresh"},
		{412, "request-status", "request-status", "request-status"},
		{414, "fresh", "fresh", "fresh"},
		{416, "request-status", "request-status", "request-status"},
		{499, "fresh", "request-status", "fresh"},
		{500, "fresh", "status", "fresh"},
		{501, "fresh", "fresh", "fresh"},
		{502, "fresh", "status", "fresh"},
		{503, "fresh", "status", "fresh"},
		{504, "fresh", "status", "fresh"},
		{599, "fresh", "status", "fresh"},
		{600, "status", "status", "status"},
	} {
		modified := "Last-Modified: @-86400|Date: @0"
		got := [3]string{
			reuse(t, "", answerAt(c.status, modified+"|Expires: @100000"), new(Rules), 3),
			reuse(t, "", answerAt(c.status, modified), new(Rules), 3),
			reuse(t, "", answerAt(c.status, modified+"|Cache-Control: public"), new(Rules), 3),
		}
		if want := [3]string{c.explicit, c.guessed, c.public}; got != want {
			t.Errorf("%d: %q, want %q", c.status, got, want)
		}
		if stale := reuse(t, "", answerAt(c.status, modified+"|Expires: @-5000"), new(Rules), 3); stale == "fresh" {
			t.Errorf("%d is fresh with an Expires in the past", c.status)
		}
	}
}

func TestLifetime(t *testing.T) {
	ttl := func(n int64) *Rules { return &Rules{TTL: seconds(n)} }
	for _, c := range []struct {
		name   string
		rules  *Rules
		status int
		lines  string
		// Age on arrival, and seconds from then until it is stale, must be
		// validated although usable before, and is no more use on errors.
		age, fresh, stale, onError int64
		source                     store.LifetimeSource
		flags                      store.LifetimeFlags
	}{
		// RFC 9111 section 4.2.3.
		{"age", new(Rules), 200, "Cache-Control: max-age=100|Age: 30", 30, 70, 70, 70, store.FromMaxAge, 0},
		{"date", new(Rules), 200, "Cache-Control: max-age=100|Age: 30|Date: @-40", 40, 60, 60, 60, store.FromMaxAge, 0},
		{"age beats date", new(Rules), 200, "Cache-Control: max-age=100|Age: 30|Date: @-20", 30, 70, 70, 70, store.FromMaxAge, 0},
		{"two dates", new(Rules), 200, "Cache-Control: max-age=100|Date: @-20|Date: @-40", 0, 100, 100, 100, store.FromMaxAge, 0},
		{"expires", new(Rules), 200, "Expires: @100|Date: @-20", 20, 100, 100, 100, store.FromExpires, 0},
		{"guess", new(Rules), 200, "Last-Modified: @-1000|Date: @0", 0, 100, 100, 100, store.FromHeuristic, store.NoCacheInformation},
		{"guess a day", new(Rules), 200, "Last-Modified: @-10000000|Date: @0", 0, 86400, 86400, 86400, store.FromHeuristic, store.NoCacheInformation},
		{"nothing", new(Rules), 200, `ETag: "a"`, 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation},
		{"invalid age", new(Rules), 200, "Cache-Control: max-age=100|Age: x", 0, 100, 100, 100, store.FromMaxAge, 0},

		// Section 4.2.4, RFC 5861 and RFC 8246.
		{"windows", new(Rules), 200, "Cache-Control: max-age=100, stale-while-revalidate=10, stale-if-error=20", 0, 100, 110, 120, store.FromMaxAge, 0},
		{"windows, aged", new(Rules), 200, "Cache-Control: max-age=100, stale-while-revalidate=10|Age: 105", 105, -5, 5, -5, store.FromMaxAge, 0},
		{"s-maxage", &Rules{IfUnreachable: 60 * store.Second}, 200, "Cache-Control: s-maxage=100", 0, 100, 100, 100, store.FromSMaxAge, store.NeverStale | store.SharedAge},
		{"s-maxage, windows", new(Rules), 200, "Cache-Control: s-maxage=100, stale-while-revalidate=10, stale-if-error=20", 0, 100, 110, 120, store.FromSMaxAge, store.NeverStale | store.SharedAge},
		{"s-maxage, windows of the rule", &Rules{StaleWhileRevalidate: seconds(10), StaleIfError: seconds(20)}, 200, "Cache-Control: s-maxage=100", 0, 100, 110, 120, store.FromSMaxAge, store.NeverStale | store.SharedAge},
		{"s-maxage, windows, must-revalidate", &Rules{StaleIfError: seconds(20)}, 200, "Cache-Control: s-maxage=100, must-revalidate, stale-while-revalidate=10", 0, 100, 100, 100, store.FromSMaxAge, store.NeverStale},
		{"must-revalidate", new(Rules), 200, "Cache-Control: max-age=100, must-revalidate, stale-if-error=20", 0, 100, 100, 100, store.FromMaxAge, store.NeverStale},
		{"no-cache", new(Rules), 200, "Cache-Control: max-age=100, no-cache, stale-if-error=20", 0, 100, 100, 100, store.FromMaxAge, store.AlwaysValidate},
		{"immutable", new(Rules), 200, "Cache-Control: max-age=100, immutable", 0, 100, 100, 100, store.FromMaxAge, store.Immutable},

		// ttl overrules the origin's freshness, not no-cache and must-revalidate.
		{"ttl", ttl(50), 200, "Cache-Control: max-age=100", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl, nothing said", ttl(50), 200, "", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl, stale", ttl(50), 200, "Expires: 0", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl, no-cache", ttl(50), 200, "Cache-Control: no-cache", 0, 0, 0, 0, store.FromNothing, store.AlwaysValidate},
		{"ttl, no-cache, qualified", ttl(50), 200, `Cache-Control: no-cache="Set-Cookie"`, 0, 0, 0, 0, store.FromNothing, store.AlwaysValidate},
		{"ttl, no-cache and max-age", ttl(50), 200, "Cache-Control: no-cache, max-age=7", 0, 7, 7, 7, store.FromMaxAge, store.AlwaysValidate},
		{"ttl, no-cache for browsers", ttl(50), 200, "Cache-Control: no-cache|CDN-Cache-Control: max-age=7", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl, no-cache for caches", ttl(50), 200, "Cache-Control: max-age=7|CDN-Cache-Control: no-cache", 0, 0, 0, 0, store.FromNothing, store.AlwaysValidate},
		{"ttl, pragma", ttl(50), 200, "Pragma: no-cache", 0, 50, 50, 50, store.FromRuleTTL, 0}, // which says nothing in a response
		{"ttl, no-cache, switch", &Rules{TTL: seconds(50), StoreNoCache: true}, 200, "Cache-Control: no-cache", 0, 50, 50, 50, store.FromRuleTTL, store.WithNoCache},
		{"no-cache, switch alone", &Rules{StoreNoCache: true}, 200, "Cache-Control: no-cache, max-age=7", 0, 7, 7, 7, store.FromMaxAge, store.AlwaysValidate},
		{"min keeps no-cache", &Rules{Min: seconds(50)}, 200, "Cache-Control: no-cache, max-age=7", 0, 50, 50, 50, store.FromMaxAge, store.AlwaysValidate},
		{"negative keeps no-cache", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 404, "Cache-Control: no-cache", 0, 9, 9, 9, store.FromRuleNegative, store.AlwaysValidate},
		{"ttl, s-maxage", ttl(50), 200, "Cache-Control: s-maxage=1, stale-if-error=20", 0, 50, 50, 70, store.FromRuleTTL, 0},
		{"ttl, must-revalidate", ttl(50), 200, "Cache-Control: must-revalidate, stale-if-error=20", 0, 50, 50, 50, store.FromRuleTTL, store.NeverStale},
		{"ttl, age", ttl(50), 200, "Age: 20", 20, 30, 30, 30, store.FromRuleTTL, 0},
		{"ttl, slow clock", ttl(50), 200, "Date: @-3600", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl, invalid age", ttl(50), 200, "Age: x", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl 0", ttl(0), 200, "Cache-Control: max-age=100", 0, 0, 0, 0, store.FromRuleTTL, 0},
		{"ttl, redirect", ttl(50), 302, "", 0, 50, 50, 50, store.FromRuleTTL, 0},
		{"ttl is not for errors", ttl(50), 404, "Cache-Control: max-age=5", 0, 5, 5, 5, store.FromMaxAge, 0},
		{"ttl is not for failures", ttl(50), 503, "", 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation | store.NeverStale},
		{"ttl, very long", ttl(1 << 33), 200, "", 0, maxSeconds, maxSeconds, maxSeconds, store.FromRuleTTL, 0},
		{"ttl, negative", ttl(-5), 200, "", 0, 0, 0, 0, store.FromRuleTTL, 0},

		// default_ttl and negative_ttl serve where the origin says nothing.
		{"default", &Rules{Default: seconds(7)}, 200, "", 0, 7, 7, 7, store.FromRuleDefault, store.NoCacheInformation},
		{"default before guess", &Rules{Default: seconds(7)}, 200, "Last-Modified: @-1000", 0, 7, 7, 7, store.FromRuleDefault, store.NoCacheInformation},
		{"default after max-age", &Rules{Default: seconds(7)}, 200, "Cache-Control: max-age=0", 0, 0, 0, 0, store.FromMaxAge, 0},
		{"default after invalid", &Rules{Default: seconds(7)}, 200, "Expires: 0", 0, 0, 0, 0, store.FromExpires, 0},
		{"default keeps no-cache", &Rules{Default: seconds(7)}, 200, "Cache-Control: no-cache", 0, 7, 7, 7, store.FromRuleDefault, store.AlwaysValidate},
		{"default is not for errors", &Rules{Default: seconds(7)}, 500, "", 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation | store.NeverStale},
		{"negative", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 404, "", 0, 9, 9, 9, store.FromRuleNegative, store.NoCacheInformation},
		{"negative, slow clock", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 404, "Date: @-60", 0, 9, 9, 9, store.FromRuleNegative, store.NoCacheInformation},
		{"negative before guess", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 404, "Last-Modified: @-1000", 0, 9, 9, 9, store.FromRuleNegative, store.NoCacheInformation},
		{"negative after max-age", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 404, "Cache-Control: max-age=1", 0, 1, 1, 1, store.FromMaxAge, 0},
		// RFC 5861: an error must not be served instead of a fresh response.
		{"error, windows of the rule", &Rules{Negative: map[int]store.Instant{503: 9 * store.Second}, StaleWhileRevalidate: seconds(5), StaleIfError: seconds(7)}, 503, "",
			0, 9, 9, 9, store.FromRuleNegative, store.NeverStale | store.NoCacheInformation},
		{"error, own windows", new(Rules), 500, "Cache-Control: max-age=100, stale-while-revalidate=10, stale-if-error=20", 0, 100, 100, 100, store.FromMaxAge, store.NeverStale},
		{"too many requests, own windows", new(Rules), 429, "Cache-Control: max-age=100, stale-while-revalidate=10, stale-if-error=20", 0, 100, 100, 100, store.FromMaxAge, store.NeverStale},
		{"not found, windows of the rule", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}, StaleWhileRevalidate: seconds(5), StaleIfError: seconds(7)}, 404, "",
			0, 9, 9, 16, store.FromRuleNegative, store.NoCacheInformation},
		{"not found, own windows", new(Rules), 404, "Cache-Control: max-age=100, stale-while-revalidate=10, stale-if-error=20", 0, 100, 100, 120, store.FromMaxAge, 0},
		{"negative of another", &Rules{Negative: map[int]store.Instant{404: 9 * store.Second}}, 410, `ETag: "a"`, 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation},

		// min_ttl and max_ttl clamp.
		{"min", &Rules{Min: seconds(60)}, 200, "Cache-Control: max-age=5", 0, 60, 60, 60, store.FromMaxAge, 0},
		{"min of nothing", &Rules{Min: seconds(60)}, 200, `ETag: "a"`, 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation},
		{"min is not for errors", &Rules{Min: seconds(60)}, 404, "Cache-Control: max-age=5", 0, 5, 5, 5, store.FromMaxAge, 0},
		{"max", &Rules{Max: seconds(60)}, 200, "Cache-Control: max-age=500", 0, 60, 60, 60, store.FromMaxAge, 0},
		{"max of errors", &Rules{Max: seconds(60)}, 404, "Cache-Control: max-age=500", 0, 60, 60, 60, store.FromMaxAge, 0},
		{"max of a guess", &Rules{Max: seconds(60)}, 200, "Last-Modified: @-10000|Date: @0", 0, 60, 60, 60, store.FromHeuristic, store.NoCacheInformation},
		{"no guesses", &Rules{NoHeuristic: true}, 200, "Last-Modified: @-10000|Date: @0", 0, 0, 0, 0, store.FromNothing, store.NoCacheInformation},

		// The rule's stale windows stand in for the origin's.
		{"rule windows", &Rules{StaleWhileRevalidate: seconds(10), StaleIfError: seconds(20)}, 200, "Cache-Control: max-age=100", 0, 100, 110, 120, store.FromMaxAge, 0},
		{"rule windows, said", &Rules{StaleWhileRevalidate: seconds(10), StaleIfError: seconds(20)}, 200, "Cache-Control: max-age=100, stale-while-revalidate=1, stale-if-error=0", 0, 100, 101, 100, store.FromMaxAge, 0},
		{"rule windows, no value", &Rules{StaleWhileRevalidate: seconds(10)}, 200, "Cache-Control: max-age=100, stale-while-revalidate", 0, 100, 110, 100, store.FromMaxAge, 0},
		{"rule windows, forbidden", &Rules{StaleWhileRevalidate: seconds(10), StaleIfError: seconds(20)}, 200, "Cache-Control: max-age=100, proxy-revalidate", 0, 100, 100, 100, store.FromMaxAge, store.NeverStale},

		{"off", &Rules{Off: true, TTL: seconds(50), StaleIfError: seconds(20)}, 200, "Cache-Control: max-age=100", 0, 0, 0, 0, store.FromRuleTTL, store.AlwaysValidate | store.NeverStale},
	} {
		l := lifetimeOf(answerAt(c.status, c.lines), false, c.rules, atOnce)
		got := [4]int64{Age(&l, testNow), unixOf(l.Fresh - testNow), unixOf(l.Stale - testNow), unixOf(l.IfError - testNow)}
		if want := [4]int64{c.age, c.fresh, c.stale, c.onError}; got != want || l.Source != c.source || l.Flags != c.flags {
			t.Errorf("%s: %v %s %b, want %v %s %b", c.name, got, l.Source, l.Flags, want, c.source, c.flags)
		}
	}
}

// Nothing is guessed for a request with Cookie or Authorization; what is said
// counts all the same.
func TestLifetimeOfCookieRequests(t *testing.T) {
	for _, c := range []struct {
		ask, lines, want string
	}{
		{"", "Last-Modified: @-10000|Date: @0", "fresh"},
		{"Cookie: a=b", "Last-Modified: @-10000|Date: @0", "cookie"},
		{"Cookie: a=b", "Cache-Control: max-age=3600", "fresh"}, // other-cookie
		{"Cookie: a=b", "Last-Modified: @-10000|Cache-Control: no-cache", "validate"},
		{"Cookie: a=b", "Last-Modified: @-10000|Expires: 0", "validate"},
		{"Cookie: a=b", "Last-Modified: @-10000|Cache-Control: no-transform", "cookie"},
		{"Cookie: a=b", "", "cookie"},
		{"Authorization: x", "Cache-Control: public|Last-Modified: @-10000|Date: @0", "validate"},
	} {
		if got := reuse(t, c.ask, answerAt(200, c.lines), new(Rules), 3); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.ask, c.lines, got, c.want)
		}
	}
}

// default_ttl says nothing of a page that may be one person's.
func TestDefaultOfCookieRequests(t *testing.T) {
	plain := &Rules{Default: seconds(60)}
	keyed := &Rules{Default: seconds(60), Key: KeyRules{Cookies: []string{"currency"}}}
	stripped := &Rules{Default: seconds(60), Key: KeyRules{Ignore: []string{"cookie"}}}
	for _, c := range []struct {
		rules *Rules
		ask   string
		want  string
	}{
		{plain, "", "fresh"},
		{plain, "Cookie: a=b", "cookie"},
		{keyed, "Cookie: a=b", "fresh"},
		{stripped, "Cookie: a=b", "fresh"},
		{&Rules{TTL: seconds(60)}, "Cookie: a=b", "fresh"},
	} {
		if got := reuse(t, c.ask, answerAt(200, ""), c.rules, 3); got != c.want {
			t.Errorf("%q, %+v: %s, want %s", c.ask, c.rules.Key, got, c.want)
		}
	}
}

// The time that the response took counts as age (RFC 9111 section 4.2.3), and
// hostile numbers overflow nothing.
func TestLifetimeTimes(t *testing.T) {
	slow := Times{Asked: testNow - 5*store.Second, Answered: testNow}
	l := lifetimeOf(answerAt(200, "Cache-Control: max-age=100|Age: 10|Date: @0"), false, new(Rules), slow)
	if age := Age(&l, testNow+2*store.Second); age != 17 {
		t.Errorf("age %d, want 17", age)
	}
	huge := strings.Repeat("9", 40)
	l = lifetimeOf(answerAt(200, "Cache-Control: max-age="+huge+", stale-while-revalidate="+huge+", stale-if-error="+huge), false, new(Rules), atOnce)
	if !(l.Born == testNow && l.Fresh > l.Born && l.Stale > l.Fresh && l.IfError > l.Fresh) {
		t.Errorf("overflow: %+v", l)
	}
	l = lifetimeOf(answerAt(200, "Cache-Control: max-age=5|Age: "+huge), false, new(Rules), atOnce)
	if l.Fresh >= testNow || Age(&l, testNow) != maxSeconds || Age(&l, 1<<62) != maxSeconds {
		t.Errorf("old: %+v, age %d", l, Age(&l, testNow))
	}
	if age := Age(&l, l.Born-store.Second); age != 0 {
		t.Errorf("age %d before birth, want 0", age)
	}
}

func TestReceivedAge(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  int64
	}{
		{"", -1}, {"Age: 0", 0}, {"Age: 17", 17}, {"Age: x", -1}, {"Age: 1|Age: 2", 1}, {"Age: 5, x", 5}, {"Age: 99999999999", maxSeconds},
	} {
		if got := ReceivedAge(fieldsAt(c.lines)); got != c.want {
			t.Errorf("%s: %d, want %d", c.lines, got, c.want)
		}
	}
}
