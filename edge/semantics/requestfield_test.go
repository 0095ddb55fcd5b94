package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

// INVARIANT: a field that overrides what the request says is known, and does
// not go along on a shared fetch.
func TestDroppedFieldsAreKnown(t *testing.T) {
	var dst wire.Fields
	names := []string{"X-HTTP-Method-Override", "X-Forwarded-Server", "a_b", "X-Original-Anything"}
	for name := range misleadingNames {
		names = append(names, name)
	}
	for name := range methodNames {
		names = append(names, name)
	}
	for _, name := range names {
		r := getAt(t, "http://a.test/", name+": canary")
		if got := UnkeyedFields(r, new(KeyRules)); got != "" {
			t.Errorf("%s is not known", name)
		}
		dst.Reset()
		ForwardFields(&dst, r, &Forward{Node: "n", Shared: new(Rules)}, nil)
		for _, x := range dst.List {
			if string(x.Value) == "canary" {
				t.Errorf("%s is forwarded", name)
			}
		}
	}
}

func TestUnkeyedFields(t *testing.T) {
	const browser = "Host: a.test|User-Agent: x|Accept: */*|Accept-Language: de|Accept-Encoding: br|Referer: http://b.test/|" +
		"Origin: http://b.test|Connection: keep-alive|Cookie: a=b|Authorization: x|If-None-Match: \"a\"|If-Modified-Since: x|" +
		"Range: bytes=0-1|Cache-Control: no-cache|Pragma: no-cache|Upgrade-Insecure-Requests: 1|DNT: 1|Save-Data: on|Priority: u=1|" +
		"Sec-Fetch-Mode: navigate|Sec-CH-UA: x|Sec-GPC: 1|TE: trailers|Purpose: prefetch|Access-Control-Request-Method: GET|" +
		"Downlink: 1|ECT: 4g|RTT: 50|DPR: 1|Width: 5|Viewport-Width: 5|Device-Memory: 8|Content-Type: text/plain|Content-Length: 0|" +
		"Traceparent: x|Tracestate: x|X-Request-ID: 1|X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: http|X-Forwarded-Host: a.test|" +
		"Forwarded: for=x|X-Real-IP: x|Via: 1.1 x|CDN-Loop: x|Date: x|Expect: 100-continue|Keep-Alive: 5|Early-Data: 1"
	for _, c := range []struct {
		name  string
		lines string
		key   KeyRules
		sel   store.Selector
		want  string
	}{
		{"nothing", "", KeyRules{}, nil, ""},
		{"what browsers and proxies send", browser, KeyRules{}, nil, ""},
		{"tracing", "B3: x|X-B3-TraceId: x|X-Amzn-Trace-Id: x|X-Cloud-Trace-Context: x|X-Correlation-ID: x", KeyRules{}, nil, ""},
		{"unknown", browser + "|X-Server: evil", KeyRules{}, nil, "X-Server"},
		{"what selects events", "Last-Event-ID: 5", KeyRules{}, nil, "Last-Event-Id"},
		{"two", "X-A: 1|X-B: 2|x-a: 3", KeyRules{}, nil, "X-A, X-B"},
		// What never reaches the origin harms nobody.
		{"not forwarded", "X-HTTP-Method-Override: DELETE|X-Original-URL: /admin|X-Forwarded-Prefix: /evil|User_Agent: x", KeyRules{}, nil, ""},
		{"in every key", "X-Requested-With: XMLHttpRequest", KeyRules{}, nil, ""},
		{"separate", "X-A: 1", KeyRules{Unknown: SeparateUnknown}, nil, ""},
		{"prefix ignored", "X-Shop-A: 1|X-Sho: 2", KeyRules{Ignore: []string{"x-shop-*"}}, nil, "X-Sho"},
		{"field of a response", "Location: /x", KeyRules{}, nil, "Location"},
		{"own policy", "Brink-Cache-Control: max-age=1", KeyRules{}, nil, "Brink-Cache-Control"},
		{"very long", "X-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1", KeyRules{}, nil, "X-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"almost a prefix", "Acceptx: 1", KeyRules{}, nil, "Acceptx"},

		{"in the key", "X-Tenant: 1", KeyRules{Headers: []string{"x-tenant"}}, nil, ""},
		{"another in the key", "X-Other: 1", KeyRules{Headers: []string{"x-tenant"}}, nil, "X-Other"},
		{"ignored", "X-Tenant: 1", KeyRules{Ignore: []string{"x-tenant"}}, nil, ""},
		{"all ignored", "X-Tenant: 1|X-Other: 2", KeyRules{Ignore: []string{"*"}}, nil, ""},
		{"varies", "Foo: 1", KeyRules{}, store.Selector{"bar", "foo"}, ""},
		{"varies by no pattern", "Foo-A: 1", KeyRules{}, store.Selector{"foo-*"}, "Foo-A"},
		{"varies by another", "Foo: 1|Baz: 2", KeyRules{}, store.Selector{"bar", "foo"}, "Baz"},
	} {
		r := getAt(t, "http://a.test/", c.lines)
		if got := UnkeyedFields(r, &c.key, c.sel); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	r := getAt(t, "http://a.test/", "Foo: 1|Bar: 2")
	if got := UnkeyedFields(r, new(KeyRules), store.Selector{"foo"}, store.Selector{"bar"}); got != "" {
		t.Errorf("two selectors: %q", got)
	}
}

func TestCredentials(t *testing.T) {
	for _, c := range []struct {
		lines string
		key   KeyRules
		sel   store.Selector
		want  string
	}{
		{"Authorization: Basic x", KeyRules{}, nil, "Authorization"},
		{"X-Api-Key: 1|apikey: 2", KeyRules{}, nil, "X-Api-Key, Apikey"},
		{"X-CSRF-Token: 1|X-Shop-Session: 2|X-Signature: 3|X-Client-Secret: 5", KeyRules{}, nil,
			"X-Csrf-Token, X-Shop-Session, X-Signature, X-Client-Secret"},
		{"Cf-Access-Jwt-Assertion: 1|X-Amzn-Oidc-Data: 2", KeyRules{}, nil, "Cf-Access-Jwt-Assertion, X-Amzn-Oidc-Data"},
		// The origin does not see who asks on a proxy's word, unless that is trusted.
		{"X-Remote-User: 1|X-Authenticated-User: 4", KeyRules{}, nil, ""},
		{"X-Remote-User: 1|X-Authenticated-User: 4", KeyRules{Keep: []string{"x-remote-*"}}, nil, "X-Remote-User"},
		// Words in fields that players and browsers set say nothing of who asks.
		{"X-Playback-Session-Id: 1|Sec-Session-Id: 2|Accept-Signature: sig", KeyRules{}, nil, ""},
		{"X-Api-Key: 1", KeyRules{Headers: []string{"x-api-key"}}, nil, ""},
		{"X-Api-Key: 1", KeyRules{Ignore: []string{"x-api-*"}}, nil, ""},
		{"X-Api-Key: 1", KeyRules{}, store.Selector{"x-api-key"}, ""},
		{"X-Api-Key: 1", KeyRules{Ignore: []string{"*"}}, nil, "X-Api-Key"},
		{"Authorization: x", KeyRules{}, store.Selector{"authorization"}, "Authorization"},
	} {
		r := getAt(t, "http://a.test/", c.lines)
		if got := Credentials(r, &c.key, c.sel); got != c.want {
			t.Errorf("%s: %q, want %q", c.lines, got, c.want)
		}
	}
}

// INVARIANT: maySwitch knows how the names in the tables begin.
func TestMaySwitch(t *testing.T) {
	names := switchingPrefixes
	for name := range switchingNames {
		names = append(names, name)
	}
	for _, name := range names {
		for _, spelling := range []string{name + "x", strings.ToUpper(name) + "X"} {
			if !maySwitch(&wire.Field{Name: []byte(spelling)}) {
				t.Errorf("%s is not looked at", spelling)
			}
		}
	}
	for _, name := range []string{"Referer", "DNT", "Sec-Fetch-Mode", "Accept", "Origin", "h"} {
		if maySwitch(&wire.Field{Name: []byte(name)}) {
			t.Errorf("%s is looked at", name)
		}
	}
}
