package conf

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// checkAddress accepts host:port to listen on. The host may be empty, an
// address or a name. Port 0 is any free port.
func checkAddress(text string) *fault {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		f := wrong("%q is not an address: host:port is expected", text)
		switch {
		case text == ":":
			return f
		case checkPort(text, 0) == nil:
			return f.meant(strconv.Quote("127.0.0.1:" + text))
		case strings.Count(text, ":") > 1:
			return f.hinted(`IPv6 addresses stand in brackets: "[::1]:8080"`)
		case checkHostName(text) == nil:
			return f.meant(strconv.Quote(text + ":8080"))
		}
		return f
	}
	if f := checkPort(port, 0); f != nil {
		return f
	}
	if host == "" {
		return nil
	}
	return checkServerName(host)
}

func checkAdminAddress(text string) *fault {
	if text == "off" {
		return nil
	}
	if checkPort(text, 0) != nil && nearest(text, []string{"off"}) != "" {
		return wrong("%q is not an address", text).meant(`"off"`)
	}
	return checkAddress(text)
}

// parseNetwork reads an address, or a network as its first address and the length
// of its prefix.
func parseNetwork(text string) (netip.Prefix, *fault) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return network, wrong("%q is neither an address nor a network", text).hinted(`for example "192.0.2.7", "10.0.0.0/8" or "2001:db8::/32"; names are not looked up`)
	case network.Addr().Is4In6():
		return network, wrong("%q is an IPv4 network in the form of IPv6", text).hinted("clients are known by their IPv4 addresses: write those")
	case network != network.Masked():
		return network, wrong("%q is not the first address of its network", text).meant(strconv.Quote(network.Masked().String()))
	}
	return network, nil
}

// endpoint is an address that something listens on.
type endpoint struct {
	host netip.Addr // invalid for a name
	name string
	port string
	at   hcl.Range // zero for a default
}

func endpointOf(address string, at hcl.Range) endpoint {
	host, port, _ := net.SplitHostPort(address)
	e := endpoint{name: strings.ToLower(host), at: at}
	if number, err := strconv.ParseUint(port, 10, 16); err == nil {
		e.port = strconv.FormatUint(number, 10)
	}
	switch e.name {
	case "":
		e.host = netip.IPv6Unspecified()
	case "localhost":
		e.host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		if ip, err := netip.ParseAddr(host); err == nil {
			e.host = ip.Unmap()
		}
	}
	return e
}

func (e endpoint) loopback() bool { return e.host.IsLoopback() }

// clashes reports whether one process cannot listen on both endpoints. The IPv6
// wildcard includes IPv4.
func (e endpoint) clashes(o endpoint) bool {
	if e.port != o.port || e.port == "0" {
		return false
	}
	if !e.host.IsValid() || !o.host.IsValid() {
		return e.name == o.name
	}
	return e.host == o.host || e.covers(o) || o.covers(e)
}

func (e endpoint) covers(o endpoint) bool {
	return e.host.IsUnspecified() && (e.host.Is6() || o.host.Is4())
}

// distinct adds a fault for each endpoint that clashes with an earlier one.
func (d *decoder) distinct(all []endpoint) {
	byPort := make(map[string][]endpoint, len(all))
	for _, e := range all {
		for _, earlier := range byPort[e.port] {
			if earlier.clashes(e) {
				d.add(clash(earlier, e))
				break
			}
		}
		byPort[e.port] = append(byPort[e.port], e)
	}
}

func clash(earlier, later endpoint) *fault {
	if later.at.Filename == "" {
		earlier, later = later, earlier
	}
	f := wrong("address: port %s is listened on twice", later.port).in(later.at)
	if earlier.at.Filename == "" {
		return f.detailed("it is the default of another block, which the conf does not give")
	}
	return f.before(earlier.at)
}
