package admin

import (
	"html/template"
	"io"
	"math"
	"strings"
	"testing"
)

func TestMethods(t *testing.T) {
	s := server(&fakeNode{}, "")
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/v1/stats", 200, ""},
		{"HEAD", "/v1/stats", 200, ""},
		{"POST", "/v1/stats", 405, "GET, HEAD"},
		{"OPTIONS", "/v1/stats", 405, "GET, HEAD"},
		{"POST", "/v1/reload", 200, ""},
		{"GET", "/v1/reload", 405, "POST"},
		{"HEAD", "/v1/reload", 405, "POST"},
		{"DELETE", "/healthz", 405, "GET, HEAD"},
		{"POST", "/debug/pprof/heap", 405, "GET, HEAD"},
		{"GET", "/", 200, ""},
		{"GET", "/debug/pprof/", 200, ""},
		{"GET", "/debug/pprof/goroutine", 200, ""},
		{"GET", "/debug/pprof/cmdline", 200, ""},
		{"GET", "/debug/pprof/symbol", 200, ""},
		{"GET", "/debug/pprof/trace?seconds=0.01", 200, ""},
		{"GET", "/debug/pprof/nothing", 404, ""},
		{"GET", "/debug/pprof/profile?seconds=301", 400, ""},
		{"GET", "/debug/pprof/profile?seconds=NaN", 400, ""},
		{"GET", "/debug/pprof/profile?seconds=-1", 400, ""},
		{"GET", "/debug", 404, ""},
		{"GET", "/metrics/", 404, ""},
		{"GET", "/v1/stats/x", 404, ""},
	} {
		w := call(s, c.method, c.path)
		if w.Code != c.status || w.Header().Get("Allow") != c.allow { // RFC 9110 section 15.5.6
			t.Errorf("%s %s: %d Allow %q, want %d %q", c.method, c.path, w.Code, w.Header().Get("Allow"), c.status, c.allow)
		}
		if c.status >= 400 {
			code := map[int]string{400: "bad_parameter", 404: "not_found", 405: "method_not_allowed"}[c.status]
			wantError(t, c.path, w, c.status, code)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: headers %v", c.method, c.path, w.Header())
		}
	}
}

func TestBodyLimit(t *testing.T) {
	n := &fakeNode{}
	s := server(n, "")
	large := func() io.Reader { return io.LimitReader(zeros{}, maxBody+1) }
	wantError(t, "announced", call(s, "POST", "/v1/reload", body(large(), maxBody+1)), 413, "body_too_large")
	wantError(t, "chunked", call(s, "POST", "/v1/reload", body(large(), -1)), 413, "body_too_large")
	if n.ctx != nil {
		t.Error("reloaded all the same")
	}
	if w := call(s, "POST", "/v1/reload", body(io.LimitReader(zeros{}, maxBody), -1)); w.Code != 200 {
		t.Errorf("a body at the limit: %d", w.Code)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestFaults(t *testing.T) {
	n := &fakeNode{panics: true, stats: math.NaN()}
	s := server(n, "")
	wantError(t, "panic", call(s, "GET", "/debug/fills"), 500, "internal")
	wantError(t, "not JSON", call(s, "GET", "/v1/stats"), 500, "internal")
	n.panics = false
	if w := call(s, "GET", "/debug/fills"); w.Code != 200 || compact(t, w) != "[]" {
		t.Errorf("fills: %d %s", w.Code, w.Body)
	}
}

func TestIndex(t *testing.T) {
	s := server(&fakeNode{}, "")
	page := call(s, "GET", "/").Body.String()
	for _, r := range s.routes {
		if !strings.Contains(page, r.path) || !strings.Contains(page, template.HTMLEscapeString(r.summary)) {
			t.Errorf("the index lacks %s", r.path)
		}
	}
}
