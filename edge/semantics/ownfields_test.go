package semantics

import (
	"strings"
	"testing"

	"brink/edge/wire"
	"brink/store"
)

// What a request of the node's own carries of a client's.
func TestOwnFields(t *testing.T) {
	f := func(k KeyRules, sel store.Selector, fields, want string) {
		t.Helper()
		r := getAt(t, "http://a.test/", fields)
		OwnFields(&r.Fields, &k, sel)
		var got string
		for i := range r.Fields.List {
			if x := &r.Fields.List[i]; x.ID != wire.Host {
				got += "|" + string(x.Name) + ": " + string(x.Value)
			}
		}
		if got = strings.TrimPrefix(got, "|"); got != want {
			t.Errorf("%q by %+v and %q: %q, want %q", fields, k, sel, got, want)
		}
	}
	const own = "User-Agent: brink|Accept: */*"
	f(KeyRules{}, nil, "User-Agent: x|Cookie: a=1|X-Odd: 1|Authorization: Basic x|Range: bytes=0-1", own)
	f(KeyRules{}, nil, "Accept-Encoding: br", "Accept-Encoding: br|"+own)
	f(KeyRules{}, store.Selector{"user-agent"}, "User-Agent: x", "User-Agent: x|Accept: */*")
	f(KeyRules{}, store.Selector{"accept", "user-agent"}, "", "")
	f(KeyRules{}, store.Selector{"cookie"}, "Cookie: a=1", "Cookie: a=1|"+own)
	f(KeyRules{Headers: []string{"x-shop", "accept-*"}}, nil, "X-Shop: 1|X-Shop: 2|Accept-Language: de|X-Odd: 1", "X-Shop: 1|X-Shop: 2|Accept-Language: de|"+own)
	f(KeyRules{Cookies: []string{"a"}}, nil, "Cookie: a=1; b=2", "Cookie: a=1; b=2|"+own) // ForwardFields keeps b back
	f(KeyRules{Unknown: SeparateUnknown}, nil, "X-Odd: 1|X-Trace: 2|Referer: x", "X-Odd: 1|"+own)
	f(KeyRules{}, nil, "HX-Request: true|Cache-Control: no-cache", "HX-Request: true|"+own)
	f(KeyRules{Headers: []string{"cache-control"}}, nil, "Cache-Control: no-cache", own)
}
