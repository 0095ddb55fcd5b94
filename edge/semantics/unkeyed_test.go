package semantics

import (
	"testing"

	"brink/edge/wire"
	"brink/store"
)

// INVARIANT: what UnkeyedField knows without a rule either is one of the
// standard fields or does not reach the origin.
func TestDroppedFieldsAreKnown(t *testing.T) {
	var dst wire.Fields
	for _, name := range append([]string{"X-HTTP-Method-Override", "X-Forwarded-Server", "a_b"}, misleadingNames...) {
		r := getAt(t, "http://a.test/", name+": canary")
		if got := UnkeyedField(r, new(Rules)); got != nil {
			t.Errorf("%s is not known", name)
		}
		dst.Reset()
		ForwardFields(&dst, r, &Forward{Node: "n", Store: true}, nil)
		for _, x := range dst.List {
			if string(x.Value) == "canary" {
				t.Errorf("%s is forwarded", name)
			}
		}
	}
}

func TestUnkeyedField(t *testing.T) {
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
		{"what selects events", "Last-Event-ID: 5", KeyRules{}, nil, "Last-Event-ID"},
		{"first of two", "X-A: 1|X-B: 2", KeyRules{}, nil, "X-A"},
		// What never reaches the origin harms nobody.
		{"not forwarded", "X-HTTP-Method-Override: DELETE|X-Original-URL: /admin|X-Forwarded-Prefix: /evil|User_Agent: x", KeyRules{}, nil, ""},
		{"ajax", "X-Requested-With: XMLHttpRequest", KeyRules{}, nil, "X-Requested-With"},
		{"field of a response", "Location: /x", KeyRules{}, nil, "Location"},
		{"own policy", "Brink-Cache-Control: max-age=1", KeyRules{}, nil, "Brink-Cache-Control"},
		{"very long", "X-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1", KeyRules{}, nil, "X-Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"almost a prefix", "Acceptx: 1", KeyRules{}, nil, "Acceptx"},

		{"in the key", "X-Tenant: 1", KeyRules{Headers: []string{"x-tenant"}}, nil, ""},
		{"another in the key", "X-Other: 1", KeyRules{Headers: []string{"x-tenant"}}, nil, "X-Other"},
		{"ignored", "X-Tenant: 1", KeyRules{Ignore: []string{"x-tenant"}}, nil, ""},
		{"all ignored", "X-Tenant: 1|X-Other: 2", KeyRules{Ignore: []string{"*"}}, nil, ""},
		{"varies", "Foo: 1", KeyRules{}, store.Selector{"bar", "foo"}, ""},
		{"varies by another", "Foo: 1|Baz: 2", KeyRules{}, store.Selector{"bar", "foo"}, "Baz"},
	} {
		r := getAt(t, "http://a.test/", c.lines)
		if got := string(UnkeyedField(r, &Rules{Key: c.key}, c.sel)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	r := getAt(t, "http://a.test/", "Foo: 1|Bar: 2")
	if got := UnkeyedField(r, new(Rules), store.Selector{"foo"}, store.Selector{"bar"}); got != nil {
		t.Errorf("two selectors: %q", got)
	}
}
