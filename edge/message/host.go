package message

import "net/netip"

// maxHost is the longest host with port, in bytes.
const maxHost = 255

// Classes of a host's bytes. Names have letters, digits, "-", "_" and single
// dots; what else RFC 3986 allows in a reg-name is of no use to anybody.
const (
	hostBad = iota
	hostPlain
	hostUpper
	hostDot
	hostColon
)

var hostClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_':
			t[c] = hostPlain
		case 'A' <= c && c <= 'Z':
			t[c] = hostUpper
		}
	}
	t['.'], t[':'] = hostDot, hostColon
	return t
}()

// setHost sets Host and Name from the value of Host or an authority.
func (u *URL) setHost(host, buf []byte) ([]byte, URLFault) {
	if len(host) == 0 || len(host) > maxHost {
		return buf, BadHost
	}
	if host[0] == '[' {
		return u.setIPv6(host, buf)
	}
	n, upper, ok := surveyName(host)
	if !ok {
		return buf, BadHost
	}
	port, ok := u.port(host[n:])
	if !ok {
		return buf, BadHost
	}
	name := host[:n]
	dotted := name[n-1] == '.'
	if dotted {
		name = name[:n-1]
	}
	if !validName(name) {
		return buf, BadHost
	}
	if !upper && (!dotted || len(port) == 0) {
		u.Host = host[: len(name)+len(port) : len(name)+len(port)]
		u.Name = name[:len(name):len(name)]
		return buf, URLOK
	}
	start := len(buf)
	for _, c := range name {
		if hostClass[c] == hostUpper {
			c |= 0x20
		}
		buf = append(buf, c)
	}
	return u.keepHost(start, len(name), append(buf, port...)), URLOK
}

// keepHost makes Host what was appended to buf from start on.
func (u *URL) keepHost(start, name int, buf []byte) []byte {
	u.Host = buf[start:len(buf):len(buf)]
	u.Name = u.Host[:name:name]
	return buf
}

// surveyName returns the length of the name in front of the port, and whether
// it has capitals.
func surveyName(host []byte) (n int, upper, ok bool) {
	dot := true // an empty label would follow
	for ; n < len(host); n++ {
		switch hostClass[host[n]] {
		case hostPlain:
			dot = false
		case hostUpper:
			dot, upper = false, true
		case hostDot:
			if dot {
				return 0, false, false
			}
			dot = true
		case hostColon:
			return n, upper, n > 0
		default:
			return 0, false, false
		}
	}
	return n, upper, true
}

// port checks ":port" and returns it, or nothing where it is the scheme's own.
// An empty port, a needless zero or more than 65535 is not accepted.
func (u *URL) port(b []byte) (port []byte, ok bool) {
	if len(b) == 0 {
		return nil, true
	}
	if len(b) < 2 || len(b) > 6 || b[0] != ':' || b[1] == '0' {
		return nil, false
	}
	n := 0
	for _, c := range b[1:] {
		if c < '0' || c > '9' {
			return nil, false
		}
		n = n*10 + int(c-'0')
	}
	if n > 65535 {
		return nil, false
	}
	if n == 80 && u.Scheme == "http" || n == 443 && u.Scheme == "https" {
		return nil, true
	}
	return b, true
}

// validName rejects names that end in a number and are no IPv4 address: some
// read "127.1" or "0177.0.0.1" as addresses, in more than one way.
func validName(name []byte) bool {
	if c := name[len(name)-1]; c < '0' || c > '9' {
		return true
	}
	i := len(name) - 1
	for i >= 0 && '0' <= name[i] && name[i] <= '9' {
		i--
	}
	if i >= 0 && name[i] != '.' {
		return true
	}
	return isIPv4(name)
}

// isIPv4 reports whether b is four decimal numbers up to 255 without needless
// zeros.
func isIPv4(b []byte) bool {
	octets := 0
	for len(b) > 0 {
		n, i := 0, 0
		for i < len(b) && b[i] != '.' {
			if b[i] < '0' || b[i] > '9' || i == 3 || i > 0 && b[0] == '0' {
				return false
			}
			n = n*10 + int(b[i]-'0')
			i++
		}
		if i == 0 || n > 255 {
			return false
		}
		octets++
		b = b[min(i+1, len(b)):]
	}
	return octets == 4
}

// setIPv6 sets Host and Name from "[address]" with an optional port, in the
// form of RFC 5952. A zone is not accepted: it means nothing to anybody else.
func (u *URL) setIPv6(host, buf []byte) ([]byte, URLFault) {
	end := 1
	for end < len(host) && host[end] != ']' {
		if host[end] == '%' {
			return buf, BadHost
		}
		end++
	}
	if end == len(host) {
		return buf, BadHost
	}
	addr, err := netip.ParseAddr(string(host[1:end]))
	port, ok := u.port(host[end+1:])
	if err != nil || !addr.Is6() || !ok {
		return buf, BadHost
	}
	start := len(buf)
	buf = append(buf, '[')
	buf = addr.AppendTo(buf)
	buf = append(buf, ']')
	return u.keepHost(start, len(buf)-start, append(buf, port...)), URLOK
}
