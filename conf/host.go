package conf

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// checkHostPattern accepts "shop.example.com", "*.example.com", "*" and
// addresses, IPv6 in brackets: what Host fields hold, without port.
func checkHostPattern(text string) *fault {
	if text == "*" {
		return nil
	}
	name := strings.TrimPrefix(text, "*.")
	if strings.Contains(name, "*") {
		return wrong("%q: \"*\" may only be the whole or the first label", text)
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.Is4() && name != text {
		return wrong("%q: an address has no names below it", text)
	}
	if name == text {
		if address, ok := bracketed(text); ok {
			if !isIPv6(address) {
				return wrong("%q is not an IPv6 address", text)
			}
			return nil
		}
		if ip, err := netip.ParseAddr(text); err == nil && ip.Is6() {
			return wrong("the IPv6 address %s needs brackets", text).meant(strconv.Quote("[" + text + "]"))
		}
	}
	if f := checkHostName(name); f != nil {
		return f.meant(properHost(text))
	}
	return nil
}

// properHost returns the host in a text that people write instead of a host, in quotes;
// or "".
func properHost(text string) string {
	host := text
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		host = u.Host
	}
	host = strings.TrimSuffix(host, ".")
	if name, port, found := strings.Cut(host, ":"); found && strings.Trim(port, "0123456789") == "" {
		host = name
	}
	if host == text || checkHostName(strings.TrimPrefix(host, "*.")) != nil {
		return ""
	}
	return strconv.Quote(host)
}

// normalHost returns the spelling of a host pattern that is used to compare patterns.
func normalHost(text string) string {
	if address, ok := bracketed(text); ok {
		if ip, err := netip.ParseAddr(address); err == nil {
			return "[" + ip.String() + "]"
		}
	}
	return strings.ToLower(text)
}

// isIPv6 accepts no zone, as a zone has a meaning only on its own machine.
func isIPv6(text string) bool {
	ip, err := netip.ParseAddr(text)
	return err == nil && ip.Is6() && ip.Zone() == ""
}

func bracketed(text string) (inner string, ok bool) {
	inner, ok = strings.CutPrefix(text, "[")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, "]")
}

// checkHostName accepts names of the DNS, with underscores, and IPv4
// addresses. A dot at the end is not accepted, nor is a name that ends in a
// number: some read "127.1" as an address.
func checkHostName(text string) *fault {
	if len(text) > 253 {
		return wrong("the host name is longer than 253 characters")
	}
	for _, label := range strings.Split(text, ".") {
		switch {
		case label == "":
			return wrong("%q is not a host name: a label is empty", text)
		case len(label) > 63:
			return wrong("%q is not a host name: a label is longer than 63 characters", text)
		case label[0] == '-' || label[len(label)-1] == '-':
			return wrong("%q is not a host name: a label begins or ends with \"-\"", text)
		}
		for _, c := range label {
			if c >= 0x80 {
				return wrong("%q is not a host name: write its \"xn--\" form", text)
			}
			if !isNameByte(byte(c)) {
				return wrong("%q is not a host name: %q may not be in it", text, c)
			}
		}
	}
	last := text[strings.LastIndexByte(text, '.')+1:]
	if _, err := netip.ParseAddr(text); err != nil && strings.Trim(last, "0123456789") == "" {
		return wrong("%q ends in a number and is no IPv4 address", text)
	}
	return nil
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// checkServerName accepts names and addresses that a certificate can have.
func checkServerName(text string) *fault {
	if _, err := netip.ParseAddr(text); err == nil {
		return nil
	}
	if f := checkHostName(text); f != nil {
		return f.meant(properHost(text))
	}
	return nil
}

// checkHostField accepts what a Host field may hold (RFC 9110 section 7.2).
func checkHostField(text string) *fault {
	host, port, found := cutPort(text)
	if found {
		if f := checkPort(port, 1); f != nil {
			return f
		}
	}
	if address, ok := bracketed(host); ok {
		if !isIPv6(address) {
			return wrong("%q is not an IPv6 address", host)
		}
		return nil
	}
	if f := checkHostName(host); f != nil {
		return f.meant(properHost(text))
	}
	return nil
}

// cutPort splits at the colon before a port; the host keeps its brackets.
func cutPort(text string) (host, port string, found bool) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 || strings.HasSuffix(text, "]") {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

func checkPort(port string, least int) *fault {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || int(number) < least || port[0] == '+' {
		return wrong("%q is not a port: %d to 65535", port, least)
	}
	return nil
}
