package semantics

import (
	"net/netip"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
)

// The origin gets the way of a request through trusted proxies: the client first, the
// peer last, and nothing that they or a client wrote.
func TestForwardedWayOfProxies(t *testing.T) {
	const sent = "X-Forwarded-For: 6.6.6.6|X-Real-IP: 6.6.6.6|Forwarded: for=6.6.6.6|X-Forwarded-Host: b|X-Forwarded-Proto: ftp|X-Forwarded-Port: 1"
	for _, c := range []struct{ client, proxies, want string }{
		{"192.0.2.1", "10.0.0.1", `X-Real-IP: 192.0.2.1|X-Forwarded-For: 192.0.2.1, 10.0.0.1|X-Forwarded-Host: a.test|X-Forwarded-Proto: https|` +
			`Forwarded: for=192.0.2.1;host="a.test";proto=https, for=10.0.0.1`},
		{"2001:db8::1", "10.0.0.2 2001:db8::2", `X-Real-IP: 2001:db8::1|X-Forwarded-For: 2001:db8::1, 10.0.0.2, 2001:db8::2|X-Forwarded-Host: a.test|X-Forwarded-Proto: https|` +
			`Forwarded: for="[2001:db8::1]";host="a.test";proto=https, for=10.0.0.2, for="[2001:db8::2]"`},
		// The first proxy is not taken for the client.
		{"", "10.0.0.1", `X-Forwarded-For: unknown, 10.0.0.1|X-Forwarded-Host: a.test|X-Forwarded-Proto: https|` +
			`Forwarded: for=unknown;host="a.test";proto=https, for=10.0.0.1`},
		{"", "", `X-Forwarded-For: 10.0.0.9|X-Forwarded-Host: a.test|X-Forwarded-Proto: https|Forwarded: for=10.0.0.9;host="a.test";proto=https`},
	} {
		for _, shared := range []bool{true, false} {
			r := requestOf(message.GET, strings.Split(sent, "|")...)
			r.URL.Scheme, r.Peer = "https", netip.MustParseAddrPort("10.0.0.9:1")
			if c.client != "" {
				r.Way.Client = netip.MustParseAddr(c.client)
			}
			for _, p := range strings.Fields(c.proxies) {
				r.Way.Proxies = append(r.Way.Proxies, netip.MustParseAddr(p))
			}
			var dst wire.Fields
			ForwardFields(&dst, r, sharedForward(shared, new(Rules)), nil)
			got, _, _ := strings.Cut(strings.TrimPrefix(listOf(&dst), "Host: a.test|"), "|Via:")
			if got != c.want {
				t.Errorf("shared %t, %q by way of %q:\n got %s\nwant %s", shared, c.client, c.proxies, got, c.want)
			}
		}
	}
}

// The node writes these itself, and only of one client: responses that vary by
// them are nobody else's.
func TestSelectsAddress(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-IP"} {
		if _, reason := selects(fieldsAt("Vary: Accept, " + name)); reason != message.ReasonVaryStar {
			t.Errorf("%s: %s", name, reason)
		}
	}
}
