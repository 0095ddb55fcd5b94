package admin

import (
	"fmt"
	"net/http"
	"strings"
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

// A request that a page of another site makes a browser send has no effect.
func TestOrigin(t *testing.T) {
	const (
		stats   = "GET /v1/stats"
		reload  = "POST /v1/reload"
		profile = "GET /debug/pprof/profile?seconds=30"
		explain = "GET /v1/explain?url=http://a.test/"
	)
	for _, c := range []struct {
		token, host, origin, site, mode, dest string
		ok                                    bool
		calls                                 []string // nil: stats and reload
	}{
		{"", "localhost:9080", "", "", "", "", true, nil},
		{"", "localhost:9080", "http://localhost:9080", "same-origin", "cors", "empty", true, nil},
		{"", "localhost:9080", "http://127.0.0.1:3000", "", "", "", false, nil}, // anybody's page may be there
		{"", "localhost:9080", "http://localhost:3000", "same-site", "cors", "empty", false, nil},
		{"", "localhost:9080", "", "same-site", "no-cors", "image", false, nil},
		{"", "localhost:9080", "https://evil.example", "", "", "", false, nil},
		{"", "localhost:9080", "http://localhost.evil.example", "", "", "", false, nil},
		{"", "localhost:9080", "null", "", "", "", false, nil},
		{"", "localhost:9080", "null", "none", "navigate", "document", false, nil},
		{"", "localhost:9080", "", "cross-site", "no-cors", "image", false, nil},
		{"", "localhost:9080", "", "cross-site", "navigate", "iframe", false, nil},
		{"", "localhost:9080", "", "cross-site", "navigate", "", false, nil},
		{"", "localhost:9080", "", "other", "navigate", "document", false, []string{reload}},
		{"", "localhost:9080", "", "cross-site", "navigate", "document", false, []string{reload, profile, "GET /debug/pprof/trace?seconds=5", explain + "&ask=1", explain + "&%61sk=1"}},
		{"", "localhost:9080", "", "cross-site", "navigate", "document", true, []string{stats, explain, "GET /"}}, // a link that somebody follows
		{"", "localhost:9080", "", "none", "navigate", "document", true, nil},                                     // the address bar
		{"t", "edge-1.example:9080", "http://edge-1.example:9080", "", "", "", true, nil},
		{"t", "edge-1.example:9080", "http://EDGE-1.example:9080", "", "", "", true, nil},
		{"t", "edge-1.example:9080", "http://edge-2.example:9080", "", "", "", false, nil},
		{"t", "edge-1.example:9080", "http://edge-1.example", "", "", "", false, nil},
		{"t", "edge-1.example:9080", "http://localhost:9080", "", "", "", false, nil},
	} {
		if c.calls == nil {
			c.calls = []string{stats, reload}
		}
		for _, what := range c.calls {
			edits := []func(*http.Request){host(c.host), field("Authorization", "Bearer "+c.token)}
			for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site, "Sec-Fetch-Mode": c.mode, "Sec-Fetch-Dest": c.dest} {
				if value != "" {
					edits = append(edits, field(name, value))
				}
			}
			method, target, _ := strings.Cut(what, " ")
			w := call(server(&fakeNode{}, c.token), method, target, edits...)
			switch {
			case c.ok && w.Code != 200:
				t.Errorf("%s %+v: %d", what, c, w.Code)
			case !c.ok:
				wantError(t, fmt.Sprintf("%s %+v", what, c), w, 403, "cross_site")
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s", what, name)
				}
			}
			if w.Header().Get("X-Frame-Options") != "DENY" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") {
				t.Errorf("%s may be framed", what)
			}
		}
	}
}

func TestForm(t *testing.T) {
	for kind, ok := range map[string]bool{
		"application/json":                                 true,
		"Application/JSON;charset=utf-8":                   true,
		"application/x-www-form-urlencoded":                false,
		"Application/X-WWW-Form-URLEncoded; charset=utf-8": false,
		"multipart/form-data; boundary=x":                  false,
		"text/plain":                                       false,
		"text/plain;charset=UTF-8":                         false,
		"text/plain; x=application/json":                   false,
		"text/plain; x":                                    false,
		"text/plain; x=1; x=2":                             false,
		"text/plain;;":                                     false,
		"text/plain, application/json":                     false,
		"application/json, text/plain":                     false,
		"application/json; x=1; x=2":                       false,
		"application/octet-stream":                         false,
		"/":                                                false,
		"":                                                 true,
	} {
		n := &fakeNode{purger: &fakePurger{}}
		s := server(n, "")
		w := call(s, "POST", "/v1/reload", field("Content-Type", kind))
		if ok && w.Code != 200 {
			t.Errorf("%q: %d", kind, w.Code)
		}
		if !ok {
			wantError(t, kind, w, 415, "form_refused")
		}
	}
	if w := call(server(&fakeNode{}, ""), "POST", "/v1/reload"); w.Code != 200 {
		t.Errorf("without: %d", w.Code)
	}
}
