package origin

import (
	"net/netip"
	"testing"
)

func TestClientKey(t *testing.T) {
	same := [][2]string{{"192.0.2.1", "::ffff:192.0.2.1"}, {"2001:db8::1", "2001:db8::ffff:0:1"}}
	for _, p := range same {
		if keyOf(netip.MustParseAddr(p[0])) != keyOf(netip.MustParseAddr(p[1])) {
			t.Errorf("%s and %s differ", p[0], p[1])
		}
	}
	keys := map[clientKey]string{keyOf(netip.Addr{}): "nobody"}
	for _, a := range []string{"0.0.0.0", "192.0.2.1", "192.0.2.2", "255.255.255.255", "::1", "2001:db8::1", "2001:db8:0:1::1"} {
		k := keyOf(netip.MustParseAddr(a))
		if keys[k] != "" {
			t.Errorf("%s and %s are one", a, keys[k])
		}
		keys[k] = a
	}
}
