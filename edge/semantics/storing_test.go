package semantics

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/store"
)

func TestStore(t *testing.T) {
	none := new(Rules)
	for _, c := range []struct {
		name  string
		rules *Rules
		ask   string
		lines string
		want  string
	}{
		// RFC 9111 section 5.2.1.5: no-store of the request.
		{"request no-store", none, "Cache-Control: no-store", "Cache-Control: max-age=60", "request-no-store"},
		{"request no-cache", none, "Cache-Control: no-cache", "Cache-Control: max-age=60", "none"},

		// Section 3.5: Authorization.
		{"other-authorization", none, "Authorization: FOO", "Expires: @2592000|Date: @0", "authorization"},
		{"other-authorization-public", none, "Authorization: FOO", "Cache-Control: max-age=3600, public", "none"},
		{"other-authorization-must-revalidate", none, "Authorization: FOO", "Cache-Control: max-age=3600, must-revalidate", "none"},
		{"other-authorization-smaxage", none, "Authorization: FOO", "Cache-Control: s-maxage=3600", "none"},
		{"connection's credentials", none, "Authorization: NTLM TlRM", "Cache-Control: max-age=3600, public", "connection-auth"},
		{"connection's challenge", none, "", "WWW-Authenticate: Basic realm=x, Negotiate|Cache-Control: max-age=3600, public", "connection-auth"},
		{"other challenge", none, "", "WWW-Authenticate: Basic realm=x|Cache-Control: max-age=3600, public", "none"},
		{"max-age", none, "Authorization: FOO", "Cache-Control: max-age=60", "authorization"},
		{"proxy-revalidate", none, "Authorization: FOO", "Cache-Control: max-age=60, proxy-revalidate", "authorization"},
		{"targeted max-age", none, "Authorization: FOO", "CDN-Cache-Control: max-age=60|Cache-Control: public", "authorization"},
		{"targeted public", none, "Authorization: FOO", "CDN-Cache-Control: max-age=60, public", "none"},
		{"rule ttl", &Rules{TTL: seconds(60)}, "Authorization: FOO", "", "authorization"},
		{"switch", &Rules{StoreAuthorization: true}, "Authorization: FOO", "Cache-Control: max-age=60", "none"},
		{"other switches", &Rules{StoreSetCookie: true, StorePrivate: true}, "Authorization: FOO", "Cache-Control: max-age=60", "authorization"},

		// Fields like it, unless the key or Vary tells their values apart.
		{"api key", none, "X-Api-Key: 1", "Cache-Control: max-age=60", "authorization"},
		{"api key, public", none, "X-Api-Key: 1", "Cache-Control: public, max-age=60", "none"},
		{"api key, in the key", &Rules{Key: KeyRules{Headers: []string{"x-api-key"}}}, "X-Api-Key: 1", "Cache-Control: max-age=60", "none"},
		{"api key, Vary", none, "X-Api-Key: 1", "Cache-Control: max-age=60|Vary: X-Api-Key", "none"},
		{"authorization, Vary", none, "Authorization: 1", "Cache-Control: max-age=60|Vary: Authorization", "authorization"},

		// Section 4: the key is the URL and what Vary names, unless nobody says for how
		// long the response is fresh.
		{"unknown field", none, "X-Any: 1", "Cache-Control: max-age=60", "none"},
		{"unknown field, expires", none, "X-Any: 1", "Expires: @60|Date: @0", "none"},
		{"unknown field, targeted", none, "X-Any: 1", "CDN-Cache-Control: max-age=60", "none"},
		{"unknown field, ttl", &Rules{TTL: seconds(60)}, "X-Any: 1", "", "none"},
		{"unknown field, no-cache", none, "X-Any: 1", `Cache-Control: no-cache|ETag: "a"`, "none"},
		{"unknown field, guess", none, "X-Any: 1", "Last-Modified: @-10000", "unkeyed-field"},
		{"unknown field, default_ttl", &Rules{Default: seconds(60)}, "X-Any: 1", "", "unkeyed-field"},
		{"unknown field, public only", none, "X-Any: 1", `Cache-Control: public|ETag: "a"`, "unkeyed-field"},
		{"unknown field, separate", &Rules{Key: KeyRules{Unknown: SeparateUnknown}}, "X-Any: 1", "Last-Modified: @-10000", "none"},
		{"unknown field, refused", &Rules{Key: KeyRules{Unknown: RefuseUnknown}}, "X-Any: 1", "Cache-Control: max-age=60", "unkeyed-field"},
		{"override", none, "X-Original-URL: 1", "Last-Modified: @-10000", "none"},
		{"library", none, "HX-Request: true", "Last-Modified: @-10000", "none"},
		{"tracing", none, "Cf-Ray: 1|Sentry-Trace: 2|X-Datadog-Trace-Id: 3", "Last-Modified: @-10000", "none"},

		// A broken element permits nothing beyond its meaning.
		{"broken must-revalidate", none, "Authorization: FOO", "Cache-Control: max-age=60; must-revalidate", "authorization"},
		{"broken s-maxage", none, "Authorization: FOO", "Cache-Control: s-maxage=60;", "authorization"},
		{"broken s-maxage, set-cookie", none, "", "Cache-Control: public s-maxage=60|Set-Cookie: a=b", "set-cookie"},
		{"broken max-age, switch", &Rules{StoreAuthorization: true}, "Authorization: FOO", "Cache-Control: max-age=60;", "authorization"},
		{"broken max-age, cookie", none, "Cookie: a=b", "Cache-Control: public max-age=60", "cookie"},
		{"broken must-understand", none, "", "Cache-Control: no-store; must-understand, max-age=60", "no-store"},
		{"broken and proper", none, "Authorization: FOO", "Cache-Control: max-age=60; must-revalidate, must-revalidate", "none"},

		// Section 7.3: Set-Cookie needs the origin's word.
		{"set-cookie", none, "", "Cache-Control: max-age=60|Set-Cookie: a=b", "set-cookie"},
		{"set-cookie, guess", none, "", "Last-Modified: @-10000|Set-Cookie: a=b", "set-cookie"},
		{"set-cookie, public page", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b", "set-cookie"},
		{"set-cookie, public page with a type", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: text/html; charset=utf-8", "set-cookie"},
		{"set-cookie, public data", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: application/json", "set-cookie"},
		{"set-cookie, public style sheet", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: text/css; charset=utf-8", "none"},
		{"set-cookie, public script", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: Application/JavaScript", "none"},
		{"set-cookie, public image", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: image/svg+xml", "none"},
		{"set-cookie, public font", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: font/woff2", "none"},
		{"set-cookie, public WebAssembly", none, "", "Cache-Control: public, max-age=60|Set-Cookie: a=b|Content-Type: application/wasm", "none"},
		{"set-cookie, image", none, "", "Cache-Control: max-age=60|Set-Cookie: a=b|Content-Type: image/png", "set-cookie"},
		{"set-cookie, s-maxage", none, "", "Cache-Control: s-maxage=60|Set-Cookie: a=b", "none"},
		{"set-cookie, targeted", none, "", "CDN-Cache-Control: max-age=60|Set-Cookie: a=b", "none"},
		{"set-cookie, surrogate", none, "", "Surrogate-Control: max-age=60|Set-Cookie: a=b", "none"},
		{"set-cookie, ttl", &Rules{TTL: seconds(60)}, "", "Set-Cookie: a=b", "set-cookie"},
		{"other-set-cookie", &Rules{StoreSetCookie: true}, "", "Cache-Control: max-age=3600|Set-Cookie: a=b", "none"},
		{"other switches", &Rules{StoreAuthorization: true, StorePrivate: true}, "", "Cache-Control: max-age=60|Set-Cookie: a=b", "set-cookie"},

		// A cookie needs a word of the origin or the rule, be it that each use is to be
		// validated.
		{"cookie", none, "Cookie: a=b", "Last-Modified: @-10000", "cookie"},
		{"cookies of analytics", none, "Cookie: _ga=GA1.1; _ga_X=GS1; OptanonConsent=x", "Last-Modified: @-10000", "none"},
		{"cookies of analytics, and a session", none, "Cookie: _ga=GA1.1; sid=1", "Last-Modified: @-10000", "cookie"},
		{"cookies of analytics, default_ttl", &Rules{Default: seconds(60)}, "Cookie: _ga=GA1.1|Cookie: _pk_id.1=2", "", "none"},
		{"cookie, tag", none, "Cookie: a=b", `ETag: "1"`, "cookie"},
		{"cookie, no-cache", none, "Cookie: a=b", `ETag: "1"|Cache-Control: no-cache`, "none"},
		{"cookie, expires", none, "Cookie: a=b", "Expires: @100|Date: @0", "none"},
		{"cookie, targeted", none, "Cookie: a=b", "CDN-Cache-Control: max-age=60", "none"},
		{"cookie, ttl", &Rules{TTL: seconds(60)}, "Cookie: a=b", "", "none"},
		{"cookie, default_ttl", &Rules{Default: seconds(60)}, "Cookie: a=b", `ETag: "1"`, "cookie"},
		{"cookie, negative_ttl", &Rules{Negative: map[int]store.Instant{200: 60 * store.Second}}, "Cookie: a=b", "", "cookie"},
		{"cookie, windows", &Rules{StaleIfError: seconds(60)}, "Cookie: a=b", `ETag: "1"`, "cookie"},
		{"cookie, keyed", &Rules{Key: KeyRules{Cookies: []string{"a"}}}, "Cookie: a=b", `ETag: "1"`, "none"},
		{"cookie, private with a switch", &Rules{StorePrivate: true}, "Cookie: a=b", `ETag: "1"|Cache-Control: private`, "none"},

		// Section 5.2.2.7: private, in whatever form, and behind a ttl.
		{"private", none, "", "Cache-Control: PRIVATE, max-age=60", "private"},
		{"private, second line", none, "", "Cache-Control: public, max-age=60|Cache-Control: private", "private"},
		{"private, ttl", &Rules{TTL: seconds(60)}, "", "Cache-Control: private", "private"},
		{"private, switch", &Rules{StorePrivate: true}, "", "Cache-Control: private, max-age=60", "none"},
		{"private, other switches", &Rules{StoreSetCookie: true, StoreAuthorization: true}, "", "Cache-Control: private, max-age=60", "private"},
		{"no-store, all switches", &Rules{StorePrivate: true, StoreSetCookie: true, StoreAuthorization: true, TTL: seconds(60)}, "", "Cache-Control: no-store", "no-store"},

		// Section 4.1: no request matches Vary: *.
		{"vary-star", none, "", "Cache-Control: max-age=60|Vary: *", "vary-star"},
		{"vary-star, ttl", &Rules{TTL: seconds(60)}, "", "Vary: Foo|Vary: Bar, *", "vary-star"},
		{"vary too wide", none, "", "Cache-Control: max-age=60|Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", "vary-too-wide"},
		{"vary", none, "", "Cache-Control: max-age=60|Vary: Accept-Encoding", "none"},

		// The size that the rule allows.
		{"too large", &Rules{MaxObject: 5}, "", "Cache-Control: max-age=60", "too-large"},
		{"not too large", &Rules{MaxObject: 6}, "", "Cache-Control: max-age=60", "none"},
	} {
		resp := answerAt(200, c.lines)
		resp.Length = 6
		if _, _, why := Store(getAt(t, "http://a.test/", c.ask), resp, c.rules, atOnce); why.Reason.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, why.Reason, c.want)
		}
	}
}

// An error that the request may have brought about by itself is not stored.
func TestProvokedError(t *testing.T) {
	for _, c := range []struct {
		ask    string
		status int
		want   string
	}{
		{"", 400, "none"},
		{"User-Agent: " + strings.Repeat("x", 4<<10), 200, "none"},
		{"User-Agent: " + strings.Repeat("x", 4<<10), 302, "none"},
		{"User-Agent: " + strings.Repeat("x", 4<<10), 400, "request-status"},
		{"User-Agent: " + strings.Repeat("x", 4<<10), 503, "request-status"},
		{"User-Agent: " + strings.Repeat("x", 4000), 400, "none"},
		{strings.Repeat("Accept: x|", 64) + "Accept: x", 400, "request-status"},
		{strings.Repeat("Accept: x|", 62) + "Accept: x", 400, "none"},
		{"Range: bytes=cow", 400, "request-status"},
		{"Range: bytes=0-1", 403, "request-status"},
		{"Range: bytes=0-1", 404, "none"},
		{"Range: bytes=0-1", 200, "none"},
	} {
		resp := answerAt(c.status, "Cache-Control: max-age=60")
		if _, _, why := Store(getAt(t, "http://a.test/", c.ask), resp, new(Rules), atOnce); why.Reason.String() != c.want {
			t.Errorf("%d to %.20q: %s, want %s", c.status, c.ask, why.Reason, c.want)
		}
	}
}

func TestStoreByStatus(t *testing.T) {
	for _, c := range []struct {
		name   string
		rules  *Rules
		status int
		lines  string
		want   string
	}{
		// RFC 9111 section 5.2.2.3: must-understand.
		{"status-599-must-understand", new(Rules), 599, "Cache-Control: max-age=3600, must-understand", "status"},
		{"must-understand", new(Rules), 200, "Cache-Control: max-age=3600, must-understand", "none"},
		{"must-understand lifts no-store", new(Rules), 200, "Cache-Control: max-age=3600, must-understand, no-store", "none"},
		{"only where understood", new(Rules), 599, "Cache-Control: max-age=3600, must-understand, no-store", "status"},
		{"must-understand keeps private", new(Rules), 200, "Cache-Control: max-age=3600, must-understand, no-store, private", "private"},

		// Section 3.3: a part says which it is, once.
		{"part", new(Rules), 206, "Cache-Control: max-age=60|Content-Range: bytes 0-4/10", "none"},
		{"part of unknown length", new(Rules), 206, "Cache-Control: max-age=60|Content-Range: bytes 0-4/*", "none"},
		{"two ranges", new(Rules), 206, "Cache-Control: max-age=60|Content-Range: bytes 0-4/10|Content-Range: bytes 0-4/10", "malformed"},
		{"no range", new(Rules), 206, "Cache-Control: max-age=60|Content-Type: multipart/byteranges; boundary=x", "bad-range"},
		{"backwards", new(Rules), 206, "Cache-Control: max-age=60|Content-Range: bytes 4-0/10", "bad-range"},
		{"unsatisfied", new(Rules), 206, "Cache-Control: max-age=60|Content-Range: bytes */10", "bad-range"},

		// Errors are not made storable by ttl and default_ttl.
		{"error", &Rules{TTL: seconds(60), Default: seconds(60), Min: seconds(60)}, 500, `ETag: "a"`, "status"},
		{"error, bad request", &Rules{TTL: seconds(60), Default: seconds(60), Min: seconds(60)}, 400, "", "request-status"},
		{"error, negative", &Rules{Negative: map[int]store.Instant{503: store.Second}}, 503, "", "none"},
		{"error, other", &Rules{Negative: map[int]store.Instant{404: store.Second}}, 503, "", "status"},
		{"redirect", &Rules{TTL: seconds(60)}, 302, "", "none"},
		{"about the request", &Rules{Negative: map[int]store.Instant{416: store.Second}}, 416, "Cache-Control: max-age=60", "request-status"},
	} {
		if _, _, why := Store(getAt(t, "http://a.test/", ""), answerAt(c.status, c.lines), c.rules, atOnce); why.Reason.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, why.Reason, c.want)
		}
	}
}

// RFC 9110 section 9.3.3: the response to a POST serves later GETs if it says
// that it is what they would get.
func TestStorePOST(t *testing.T) {
	for _, c := range []struct {
		name, lines, want string
	}{
		{"method-POST", "Expires: @2592000|Content-Location: http://a.test/form?x=1|Date: @0", "none"},
		{"path", "Cache-Control: max-age=60|Content-Location: /form?x=1", "none"},
		{"relative", "Cache-Control: max-age=60|Content-Location: form?x=1", "none"},
		{"query", "Cache-Control: max-age=60|Content-Location: ?x=1", "none"},
		{"empty", "Cache-Control: max-age=60|Content-Location:", "none"},
		{"normal form", "Cache-Control: max-age=60|Content-Location: HTTP://A.test:80/x/../%66orm?x=1", "none"},
		{"no location", "Cache-Control: max-age=60", "method"},
		{"other path", "Cache-Control: max-age=60|Content-Location: /other", "method"},
		{"other query", "Cache-Control: max-age=60|Content-Location: /form", "method"},
		{"other host", "Cache-Control: max-age=60|Content-Location: http://b.test/form?x=1", "method"},
		{"other scheme", "Cache-Control: max-age=60|Content-Location: https://a.test/form?x=1", "method"},
		{"two", "Cache-Control: max-age=60|Content-Location: /form?x=1|Content-Location: /form?x=1", "method"},
		{"not fresh", "Cache-Control: max-age=0|ETag: \"a\"|Content-Location: /form?x=1", "method"},
		{"no-cache", "Cache-Control: max-age=60, no-cache|ETag: \"a\"|Content-Location: /form?x=1", "method"},
		{"guess", "Last-Modified: @-10000|Content-Location: /form?x=1", "method"},
		{"private", "Cache-Control: max-age=60, private|Content-Location: /form?x=1", "private"},
	} {
		r := getAt(t, "http://a.test/form?x=1", "")
		r.Method = message.POST
		if _, _, why := Store(r, answerAt(200, c.lines), new(Rules), atOnce); why.Reason.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, why.Reason, c.want)
		}
		if _, _, why := Store(r, answerAt(201, c.lines), new(Rules), atOnce); why.Stored() {
			t.Errorf("%s: stored with status 201", c.name)
		}
	}
}

func TestStoreByRequest(t *testing.T) {
	resp := answerAt(200, "Cache-Control: max-age=60|Content-Location: /")
	for _, c := range []struct {
		name string
		set  func(*message.Request)
		want string
	}{
		{"GET", func(r *message.Request) {}, "none"},
		{"HEAD", func(r *message.Request) { r.Method = message.HEAD }, "method"},
		{"PUT", func(r *message.Request) { r.Method = message.PUT }, "method"},
		{"QUERY", func(r *message.Request) { r.Method = message.QUERY }, "method"},
		{"unknown", func(r *message.Request) { r.Method = message.MethodOther }, "method"},
		{"fat GET", func(r *message.Request) { r.Body = noBody{} }, "request-body"},
		{"upgrade", func(r *message.Request) { r.Upgrade = []byte("websocket") }, "upgrade"},
		{"suspect", func(r *message.Request) { r.URL.Suspect = true }, "suspect-path"},
	} {
		r := getAt(t, "http://a.test/", "")
		c.set(r)
		if _, _, why := Store(r, resp, new(Rules), atOnce); why.Reason.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, why.Reason, c.want)
		}
	}
}

// cache = "off" is a wall: nothing that is in the rules, the request or the
// response stores anything, finds anything or keeps anything usable.
func TestOffIsAWall(t *testing.T) {
	flags := []func(*Rules){
		func(r *Rules) { r.TTL = seconds(60) },
		func(r *Rules) { r.Default = seconds(60) },
		func(r *Rules) { r.Min = seconds(60) },
		func(r *Rules) { r.Max = seconds(600) },
		func(r *Rules) { r.StaleWhileRevalidate, r.StaleIfError = seconds(60), seconds(60) },
		func(r *Rules) { r.Negative = map[int]store.Instant{200: store.Second, 404: store.Second} },
		func(r *Rules) { r.HonourClient = true },
		func(r *Rules) { r.StoreSetCookie = true },
		func(r *Rules) { r.StorePrivate = true },
		func(r *Rules) { r.StoreNoCache = true },
		func(r *Rules) { r.StoreAuthorization = true },
		func(r *Rules) { r.Key = KeyRules{Query: QueryNone, Ignore: []string{"*"}, Headers: []string{"a"}} },
	}
	for set := range 1 << len(flags) {
		rules := Rules{Off: true}
		for i, flag := range flags {
			if set>>i&1 != 0 {
				flag(&rules)
			}
		}
		for _, status := range []int{200, 404} {
			checkWall(t, &rules, answerAt(status, "Cache-Control: public, s-maxage=600|CDN-Cache-Control: max-age=600"))
			checkWall(t, &rules, answerAt(status, "Cache-Control: max-age=600, stale-if-error=600, immutable"))
		}
	}
}

func checkWall(t *testing.T, rules *Rules, resp *Response) {
	t.Helper()
	r := getAt(t, "http://a.test/", "")
	d := RequestDirectives(&r.Fields)
	if plan := Admit(r, rules, &d); plan.Action != Pass || plan.Reason != message.ReasonCacheOff {
		t.Fatalf("%+v: admitted: %v", rules, plan)
	}
	if _, _, why := Store(r, resp, rules, atOnce); why.Reason != message.ReasonCacheOff {
		t.Fatalf("%+v: stored: %s", rules, why.Reason)
	}
	l := lifetimeOf(resp, false, rules, atOnce)
	open := store.Lifetime{Born: testNow, Fresh: 2 * testNow, Stale: 2 * testNow, IfError: 2 * testNow}
	for _, life := range []*store.Lifetime{&l, &open} {
		if v := Judge(life, &d, rules, 0, testNow); v.Use != Gone {
			t.Fatalf("%+v: judged %v", rules, v)
		}
		if UsableOnError(life, 200, Unreachable, &d, rules, 0, testNow) {
			t.Fatalf("%+v: usable on error", rules)
		}
	}
	if l.Fresh > testNow || l.Stale > testNow || l.IfError > testNow {
		t.Fatalf("%+v: lifetime %+v", rules, l)
	}
}

// The list of culprits is short, however many there are.
func TestManyCulprits(t *testing.T) {
	var cookies strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&cookies, "c%d=1; ", i)
	}
	r := getAt(t, "http://a.test/", "Cookie: "+cookies.String())
	if names := strings.Split(PersonalCookies(r, new(Rules)), ", "); len(names) != maxNames {
		t.Errorf("%d names", len(names))
	}
}
