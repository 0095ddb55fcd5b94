package conf

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

var serverDefaults = defaults[Server](serverSection)

func (d *decoder) server(b *block) (Server, bool) {
	s := serverDefaults()
	d.fill(b, serverSection, &s)
	text, f := readText(b.labels[0])
	if f == nil {
		f = s.parse(text)
	}
	if f != nil {
		d.add(f.placed(b.labels[0].Range()).of("server"))
		return s, false
	}
	return s, true
}

// parse reads scheme://host[:port] into s.
func (s *Server) parse(text string) *fault {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return badServer(text)
	}
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	bare := scheme + "://" + u.Host
	switch {
	case scheme != "http" && scheme != "https":
		return wrong("%q: the scheme must be http or https", text).meant(properServer("http://" + u.Host))
	case u.User != nil:
		return wrong("the URL holds a user or a password, which servers do not take").meant(properServer(bare)) // not shown: it is a secret
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return wrong("%q: a server has no path, only scheme, host and port", text).meant(properServer(bare))
	case strings.HasSuffix(u.Host, ":"):
		return wrong("%q: the port is missing", text)
	case port == "" && scheme == "https":
		port = "443"
	case port == "":
		port = "80"
	}
	if f := checkPort(port, 1); f != nil {
		return f
	}
	if f := checkServerHost(host); f != nil {
		return f
	}
	number, _ := strconv.Atoi(port)
	s.URL, s.Scheme, s.Host, s.Port = text, scheme, host, strconv.Itoa(number)
	return nil
}

func checkServerHost(host string) *fault {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsUnspecified() || ip.IsMulticast() {
			return wrong("%q is no address to connect to", host)
		}
		return nil
	}
	return checkHostName(host)
}

func badServer(text string) *fault {
	f := wrong("%q is not a server's URL", text)
	if strings.Contains(text, "@") {
		f = wrong("this is not a server's URL")
	}
	if !strings.Contains(text, "://") && !strings.Contains(text, "@") {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			host, port = text, "80"
		}
		if host != "" && checkServerHost(host) == nil && checkPort(port, 1) == nil {
			return f.meant(properServer("http://" + text))
		}
	}
	return f.hinted(`it is written like "http://127.0.0.1:9000" or "https://www.example.com"`)
}

// properServer returns text in quotes if it is a server's URL, else "".
func properServer(text string) string {
	if u, err := url.Parse(text); err != nil || checkServerHost(u.Hostname()) != nil {
		return ""
	}
	return strconv.Quote(text)
}
