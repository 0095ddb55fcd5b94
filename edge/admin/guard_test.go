package admin

import (
	"fmt"
	"net/http"
	"testing"
)

func TestToken(t *testing.T) {
	s := server(&fakeNode{}, "s3cret")
	for _, c := range []struct {
		path, authorization string
		status              int
	}{
		{"/metrics", "", 401},
		{"/metrics", "Bearer s3cret", 200},
		{"/metrics", "bearer s3cret", 200}, // RFC 9110 section 11.1: schemes have no case
		{"/metrics", "Bearer  s3cret ", 200},
		{"/metrics", "Bearer S3cret", 401},
		{"/metrics", "Bearer s3cre", 401},
		{"/metrics", "Bearer s3crett", 401},
		{"/metrics", "Bearer ", 401},
		{"/metrics", "Basic s3cret", 401},
		{"/metrics", "s3cret", 401},
		{"/", "", 401},
		{"/v1/stats", "", 401},
		{"/debug/pprof/", "", 401},
		{"/nothing", "", 401}, // who has no token does not learn what there is
		{"/nothing", "Bearer s3cret", 404},
		{"/healthz", "", 200},
		{"/readyz", "", 200},
		{"/healthz", "Bearer wrong", 200},
		{"/healthz/", "", 401},
	} {
		w := call(s, "GET", c.path, field("Authorization", c.authorization), host("edge-1.example.net"))
		if w.Code != c.status {
			t.Errorf("%s with %q: %d, want %d", c.path, c.authorization, w.Code, c.status)
		}
		if c.status == 401 {
			wantError(t, c.path, w, 401, "unauthorized")
			if w.Header().Get("WWW-Authenticate") == "" { // RFC 9110 section 11.6.1
				t.Errorf("%s: 401 without WWW-Authenticate", c.path)
			}
		}
	}
}

func TestHost(t *testing.T) {
	open, closed := server(&fakeNode{}, ""), server(&fakeNode{}, "s3cret")
	for _, c := range []struct {
		host string
		ok   bool
	}{
		{"localhost", true},
		{"localhost:9080", true},
		{"LocalHost:1", true},
		{"127.0.0.1", true},
		{"127.0.0.1:9080", true},
		{"127.255.3.4:9080", true},
		{"[::1]", true},
		{"[::1]:9080", true},
		{"", false},
		{"::1:9080", false},
		{"evil.example", false},
		{"evil.example:9080", false},
		{"localhost.evil.example", false},
		{"127.0.0.1.evil.example", false},
		{"notlocalhost", false},
		{"foo.localhost", false},
		{"128.0.0.1", false},
		{"10.0.0.1:9080", false},
		{"0.0.0.0:9080", false},
		{"[::]:9080", false},
		{"[::1%25lo]:9080", false},
		{"[fe80::1]:9080", false},
		{"2130706433", false},
		{"0x7f.1", false},
		{"127.1", false},
		{"localhost:9080@evil.example", false},
		{"localhost:", false},
		{"localhost:http", false},
	} {
		for _, path := range []string{"/", "/healthz", "/v1/stats", "/nothing"} {
			w := call(open, "GET", path, host(c.host))
			if refused := w.Code == http.StatusForbidden; refused == c.ok {
				t.Errorf("Host %q, %s: %d", c.host, path, w.Code)
			}
			if !c.ok {
				wantError(t, "Host "+c.host, w, 403, "host_not_loopback")
			}
		}
		if w := call(closed, "GET", "/v1/stats", host(c.host), field("Authorization", "Bearer s3cret")); w.Code != 200 {
			t.Errorf("Host %q with the token: %d", c.host, w.Code)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, c := range []struct {
		token, host, origin, site, mode string
		ok                              bool
	}{
		{"", "localhost:9080", "", "", "", true},
		{"", "localhost:9080", "http://localhost:9080", "same-origin", "cors", true},
		{"", "localhost:9080", "http://127.0.0.1:3000", "", "", true},
		{"", "localhost:9080", "http://[::1]:3000", "", "", true},
		{"", "localhost:9080", "https://evil.example", "", "", false},
		{"", "localhost:9080", "http://localhost.evil.example", "", "", false},
		{"", "localhost:9080", "null", "", "", false},
		{"", "localhost:9080", "", "cross-site", "no-cors", false}, // an image
		{"", "localhost:9080", "", "cross-site", "navigate", true}, // a link that somebody follows
		{"", "localhost:9080", "", "none", "navigate", true},       // the address bar
		{"t", "edge-1.example:9080", "http://edge-1.example:9080", "", "", true},
		{"t", "edge-1.example:9080", "http://EDGE-1.example:9080", "", "", true},
		{"t", "edge-1.example:9080", "http://edge-2.example:9080", "", "", false},
		{"t", "edge-1.example:9080", "http://edge-1.example", "", "", false},
	} {
		for _, method := range []string{"GET", "POST"} {
			target := map[string]string{"GET": "/v1/stats", "POST": "/v1/reload"}[method]
			edits := []func(*http.Request){host(c.host), field("Authorization", "Bearer "+c.token)}
			for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode} {
				if value != "" {
					edits = append(edits, field(name, value))
				}
			}
			w := call(server(&fakeNode{}, c.token), method, target, edits...)
			switch {
			case c.ok && w.Code != 200:
				t.Errorf("%s %+v: %d", method, c, w.Code)
			case !c.ok:
				wantError(t, fmt.Sprintf("%s %+v", method, c), w, 403, "cross_site")
			}
		}
	}
}

func TestForm(t *testing.T) {
	s := server(&fakeNode{}, "")
	for kind, ok := range map[string]bool{
		"":                                  true,
		"application/json":                  true,
		"application/x-www-form-urlencoded": false,
		"Application/X-WWW-Form-URLEncoded; charset=utf-8": false,
		"multipart/form-data; boundary=x":                  false,
		"text/plain":                                       false,
		"text/plain;charset=UTF-8":                         false,
	} {
		w := call(s, "POST", "/v1/reload", field("Content-Type", kind))
		if ok && w.Code != 200 {
			t.Errorf("%q: %d", kind, w.Code)
		}
		if !ok {
			wantError(t, kind, w, 415, "form_refused")
		}
	}
}
