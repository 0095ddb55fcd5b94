package origin

import "net/netip"

// special lists the blocks that netip.Addr has no word for and that no public
// name has business leading to (RFC 6890 and its registries).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("fec0::/10"),
}

// carriers lists the IPv6 blocks that carry an IPv4 address, and where.
var carriers = []struct {
	block netip.Prefix
	at    int
}{
	{netip.MustParsePrefix("::/96"), 12},        // IPv4-compatible, RFC 4291 section 2.5.5.1
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64, RFC 6052
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4, RFC 3056
}

// prohibited reports whether a is an address of this machine, of a private
// network or of no single host: where a name that somebody else controls must
// not lead.
func prohibited(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsLoopback() || a.IsPrivate() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return true
	}
	for _, block := range special {
		if block.Contains(a) {
			return true
		}
	}
	for _, c := range carriers {
		if a.Is6() && c.block.Contains(a) {
			b := a.As16()
			return prohibited(netip.AddrFrom4([4]byte(b[c.at : c.at+4])))
		}
	}
	return false
}
