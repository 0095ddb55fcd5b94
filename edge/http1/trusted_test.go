package http1

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"brink/edge/engine"
	"brink/edge/message"
)

// told answers with who asks and for what.
func told(x *message.Exchange) {
	r := &x.Request
	give(x, 200, fmt.Sprintf("%v %v %s://%s%s", r.Client(), len(r.Way.Proxies), r.URL.Scheme, r.URL.Host, r.URL.Target))
}

// A proxy's fields count for each of its requests, and for no other client's.
func TestTrusted(t *testing.T) {
	const (
		said     = "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: A.test:443\r\n"
		requests = "GET /a HTTP/1.1\r\nHost: h\r\n" + said + "\r\n" +
			"GET /b HTTP/1.1\r\nHost: h:443\r\n\r\n" +
			"GET http://h/c HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.2, 127.0.0.1\r\n\r\n" +
			"GET /d HTTP/1.0\r\n" + said + "\r\n"
	)
	for _, c := range []struct {
		trusted string // network
		want    []string
	}{
		{"127.0.0.0/8", []string{"192.0.2.1 1 https://a.test/a", "127.0.0.1 0 http://h:443/b", "192.0.2.2 2 http://h/c", "192.0.2.1 1 https://a.test/d"}},
		{"10.0.0.0/8", []string{"127.0.0.1 0 http://h/a", "127.0.0.1 0 http://h:443/b", "127.0.0.1 0 http://h/c"}},
	} {
		s := start(t, &fake{serve: told}, engine.Config{Trusted: message.Proxies{netip.MustParsePrefix(c.trusted)}})
		got := s.talk(requests)
		for _, want := range c.want {
			head, rest, _ := strings.Cut(got, "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 200 ") || !strings.HasPrefix(rest, want+"HTTP/1.1 ") && rest != want {
				t.Errorf("%s: got %q, want %q", c.trusted, rest, want)
			}
			got = strings.TrimPrefix(rest, want)
		}
	}
}

// A malformed host is refused, from a proxy or a client, and so is an absolute URL with
// another scheme than the client's.
func TestTrustedRefused(t *testing.T) {
	s := start(t, &fake{serve: told}, engine.Config{Trusted: message.Proxies{netip.MustParsePrefix("127.0.0.1/32")}})
	for request, want := range map[string]int{
		"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Host: a b\r\n\r\n":                       400,
		"GET / HTTP/1.1\r\nHost: h\r\nForwarded: host=\"a/b\"\r\n\r\n":                     400,
		"GET http://h/ HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n":            421,
		"GET https://h/ HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n":           200,
		"GET / HTTP/1.1\r\nX-Forwarded-Host: h\r\n\r\n":                                    400,
		"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-Host: h\r\nX-Forwarded-For: a b\r\n\r\n": 200,
	} {
		if got := status(s.talk(request)); got != want {
			t.Errorf("%q: %d, want %d", request, got, want)
		}
	}
}
