package semantics

import (
	"net/netip"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
)

// way is what every forwarded request carries.
const way = "|X-Forwarded-For: 192.0.2.1|X-Forwarded-Host: a.test|X-Forwarded-Proto: http" +
	`|Forwarded: for=192.0.2.1;host="a.test";proto=http|Via: 1.1 edge-1|CDN-Loop: edge-1|Surrogate-Capability: brink="Surrogate/1.0"`

func TestForwardFields(t *testing.T) {
	const both = "="
	for _, c := range []struct {
		ask         string
		shared      string // what goes on of it for a shared fetch
		passed      string // and where the response is not stored; both: the same
		honour      bool
		description string
	}{
		{"Host: evil|X: 1|Accept: */*|Cookie: a=b|Authorization: x", "X: 1|Accept: */*|Cookie: a=b|Authorization: x", both, false, "end-to-end fields"},
		{"Via: 1.0 p|CDN-Loop: other", "Via: 1.0 p|CDN-Loop: other", both, false, "RFC 9110 7.6.3, RFC 8586: added to, not replaced"},
		{"Connection: close|Keep-Alive: 5|Proxy-Connection: x|TE: gzip|Trailer: a|Transfer-Encoding: chunked|Upgrade: h2c|HTTP2-Settings: x|Content-Length: 5", "", both, false, "RFC 9110 7.6.1, A18"},
		{"Expect: 100-continue", "", both, false, "A20"},
		{"TE: trailers, gzip", "", "TE: trailers", false, "RFC 9110 10.1.4"},
		{"Connection: x, Y|x: 1|y: 2|z: 3", "x: 1|y: 2|z: 3", "z: 3", false, "what Connection names; never without its key"},
		{"Connection: Host, Authorization, Cookie, Cache-Control, CDN-Loop, Via, X-Forwarded-For|Authorization: a|Cookie: b|CDN-Loop: c|Via: 1.1 d",
			"Authorization: a|Cookie: b|CDN-Loop: c|Via: 1.1 d", both, false, "A16"},
		{"If-None-Match: a|If-Match: a|If-Modified-Since: a|If-Unmodified-Since: a|Range: a|If-Range: a", "",
			"If-None-Match: a|If-Match: a|If-Modified-Since: a|If-Unmodified-Since: a|Range: a|If-Range: a", false, "a shared fetch is unconditional"},
		{"Cache-Control: no-cache|Pragma: no-cache", "", "Cache-Control: no-cache|Pragma: no-cache", false, "client directives"},
		{"Cache-Control: no-cache|Pragma: no-cache", "Cache-Control: no-cache|Pragma: no-cache", both, true, "client directives, honoured"},
		{"Accept-Encoding: deflate, gzip;q=0.5, br", "Accept-Encoding: br, gzip", "Accept-Encoding: deflate, gzip;q=0.5, br", false, "C14"},
		{"Accept-Encoding: \x7f,,;q=zz", "", "Accept-Encoding: \x7f,,;q=zz", false, "C14"},
		{"Early-Data: 1", "", "Early-Data: 1", false, "RFC 8470 5.1"},
		{"Content-Type: a|Content-Encoding: b|Content-MD5: c|Date: d|From: e|Max-Forwards: 0|Access-Control-Request-Method: GET|Content: f", "Content: f",
			"Content-Type: a|Content-Encoding: b|Content-MD5: c|Date: d|From: e|Max-Forwards: 0|Access-Control-Request-Method: GET|Content: f", false, "C01, what says nothing in a GET"},
		{"X-Forwarded-For: 1.1.1.1|Forwarded: for=1.1.1.1|X-Forwarded-Host: b|X-Forwarded-Proto: https|X-Real-IP: 1.1.1.1|X-Forwarded-Server: c|X-Forwarded-Anything: d|X-Forwarded: e",
			"", both, false, "E12, C01"},
		{"X-Client-IP: a|True-Client-IP: a|CF-Connecting-IP: a|Client-IP: a|X-Cluster-Client-IP: a", "", both, false, "E12"},
		{"X-HTTP-Method-Override: DELETE|X-Method-Override: a|x-http-method: a|X-Original-URL: a|X-Rewrite-URL: a|X-Host: a", "", both, false, "C11, C01"},
		{"Proxy: a|Proxy-Authorization: b|Proxy-Whatever: c|Surrogate-Capability: evil=x|Brink-Anything: x", "", both, false, "spoofs"},
		{"X_Forwarded_For: a|Content_Length: 5|My_Field: 1", "", both, false, "names that CGI folds"},
		{"X-Request-ID: 7|Traceparent: t|X-Forward: ok|Proxied: ok", "X-Request-ID: 7|Traceparent: t|X-Forward: ok|Proxied: ok", both, false, "the like of which are kept"},
	} {
		for _, shared := range []bool{true, false} {
			r := requestOf(message.GET, strings.Split(c.ask, "|")...)
			r.Peer = netip.MustParseAddrPort("192.0.2.1:4711")
			var dst wire.Fields
			ForwardFields(&dst, r, sharedForward(shared, &Rules{HonourClient: c.honour}), nil)
			want := c.shared
			if !shared && c.passed != both {
				want = c.passed
			}
			if want != "" {
				want = "|" + want
			}
			if got := listOf(&dst); got != "Host: a.test"+want+way {
				t.Errorf("%s, shared %t, %q:\n got %s\nwant %s", c.description, shared, c.ask, got, "Host: a.test"+want+way)
			}
		}
	}
}

// What the key leaves out of the cookies the origin of a shared fetch does not
// see.
func TestForwardFieldsCookies(t *testing.T) {
	for _, c := range []struct {
		ask  string
		keep string // in the key
		want string
	}{
		{"Cookie: a=1; b=2; c=3", "b", "Cookie: b=2"},
		{"Cookie: a=1; b=2; c=3", "c a", "Cookie: a=1; c=3"},
		{"Cookie: a=1;b=2|Cookie: b=3", "b", "Cookie: b=2|Cookie: b=3"},
		{"Cookie: a=1; bb=2; B=3", "b", ""},
		{"Cookie: b|X: 1", "b", "X: 1"},
		{"Cookie: a=1; b=2", "", "Cookie: a=1; b=2"},
	} {
		for _, shared := range []bool{true, false} {
			r := requestOf(message.GET, strings.Split(c.ask, "|")...)
			r.Peer = netip.MustParseAddrPort("192.0.2.1:4711")
			var dst wire.Fields
			ForwardFields(&dst, r, sharedForward(shared, &Rules{Key: KeyRules{Cookies: strings.Fields(c.keep)}}), nil)
			want := c.want
			if !shared {
				want = c.ask
			}
			got, _ := strings.CutSuffix(strings.TrimPrefix(listOf(&dst), "Host: a.test"), way)
			if got = strings.TrimPrefix(got, "|"); got != want {
				t.Errorf("%q, key %q, shared %t: got %q, want %q", c.ask, c.keep, shared, got, want)
			}
		}
	}
}

func TestForwardedWay(t *testing.T) {
	for _, c := range []struct {
		peer     string
		protocol message.Protocol
		fw       Forward
		want     string
	}{
		// RFC 7239 section 6, RFC 9110 section 7.6.3.
		{"[2001:db8::1]:1", message.HTTP2, Forward{Node: "n", Host: []byte("o.test:81"), Scheme: "https"},
			`Host: o.test:81|X-Forwarded-For: 2001:db8::1|X-Forwarded-Host: a.test|X-Forwarded-Proto: https|Forwarded: for="[2001:db8::1]";host="a.test";proto=https|Via: 2.0 n|CDN-Loop: n`},
		{"[fe80::1%eth0]:1", message.HTTP3, Forward{Node: "n"},
			`Host: a.test|X-Forwarded-For: fe80::1|X-Forwarded-Host: a.test|X-Forwarded-Proto: http|Forwarded: for="[fe80::1]";host="a.test";proto=http|Via: 3.0 n|CDN-Loop: n`},
		{"[::ffff:192.0.2.7]:1", message.HTTP10, Forward{Node: "n"},
			`Host: a.test|X-Forwarded-For: 192.0.2.7|X-Forwarded-Host: a.test|X-Forwarded-Proto: http|Forwarded: for=192.0.2.7;host="a.test";proto=http|Via: 1.0 n|CDN-Loop: n`},
		{"", message.HTTP11, Forward{Node: "n"},
			`Host: a.test|X-Forwarded-Host: a.test|X-Forwarded-Proto: http|Forwarded: for=unknown;host="a.test";proto=http|Via: 1.1 n|CDN-Loop: n`},
	} {
		r := requestOf(message.GET)
		r.Protocol = c.protocol
		if c.peer != "" {
			r.Peer = netip.MustParseAddrPort(c.peer)
		}
		var dst wire.Fields
		scratch := ForwardFields(&dst, r, &c.fw, []byte("kept"))
		if got := listOf(&dst); got != c.want+`|Surrogate-Capability: brink="Surrogate/1.0"` {
			t.Errorf("%s:\n got %s\nwant %s", c.peer, got, c.want)
		}
		if string(scratch[:4]) != "kept" {
			t.Error("scratch was overwritten")
		}
	}
}

func TestForwardFieldsNoAllocs(t *testing.T) {
	r := requestOf(message.GET, "Accept: */*", "Accept-Encoding: gzip", "User-Agent: x", "Connection: a")
	r.Peer = netip.MustParseAddrPort("[2001:db8::1]:1")
	var dst wire.Fields
	scratch := make([]byte, 0, 1024)
	fw := sharedForward(true, new(Rules))
	if n := testing.AllocsPerRun(100, func() { ForwardFields(&dst, r, fw, scratch[:0]) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func sharedForward(shared bool, rules *Rules) *Forward {
	fw := &Forward{Node: "edge-1"}
	if shared {
		fw.Shared = rules
	}
	return fw
}
