package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"brink/conf"
	"brink/edge"
)

// fakeNode answers with what a test sets.
type fakeNode struct {
	reasons []string
	reload  error
	explain error
	missing bool
	panics  bool
	stats   any
	purger  *fakePurger // nil: a new one

	asked edge.Question   // last
	ctx   context.Context // of the last reload
}

func (n *fakeNode) Ready() (bool, []string) { return n.reasons == nil, n.reasons }

func (n *fakeNode) Reload(ctx context.Context) (string, error) {
	n.ctx = ctx
	return "abc123", n.reload
}

func (n *fakeNode) Conf() Conf { return Conf{Digest: "abc123", Files: []string{"a.hcl"}} }

func (n *fakeNode) Explain(_ context.Context, q edge.Question) (any, error) {
	n.asked = q
	return map[string]string{"outcome": "hit"}, n.explain
}

func (n *fakeNode) Object(q edge.Question) (any, bool) {
	n.asked = q
	return map[string]int{"status": 200}, !n.missing
}

func (n *fakeNode) Fills() any {
	if n.panics {
		panic("a fault")
	}
	return []string{}
}

func (n *fakeNode) Disk() (any, bool) { return map[string]int{"segments": 3}, !n.missing }

func (n *fakeNode) purges() *fakePurger {
	if n.purger == nil {
		n.purger = &fakePurger{}
	}
	return n.purger
}

func (n *fakeNode) Stats() any { return n.stats }

// server returns a server that logs nowhere.
func server(n *fakeNode, token string) *Server {
	return New(Options{Node: n, Purges: n.purges(), Admin: conf.Admin{Token: token}, Version: "v1.2.3", Log: slog.New(slog.DiscardHandler)})
}

// call sends a request from a loopback name; edits change it first.
func call(s *Server, method, target string, edits ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost:9080"
	for _, edit := range edits {
		edit(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func field(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }

func body(b io.Reader, length int64) func(*http.Request) {
	return func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(b), length }
}

// wantError checks that w is an error in the form that all errors have.
func wantError(t *testing.T, what string, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var got struct {
		Error struct{ Code, Message, Hint string }
	}
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	err := d.Decode(&got)
	e := got.Error
	if w.Code != status || err != nil || e.Code != code || e.Message == "" || e.Hint == "" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: %d %s, want %d %s", what, w.Code, w.Body, status, code)
	}
}

func compact(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, w.Body.Bytes()); err != nil {
		t.Errorf("%v: %s", err, w.Body)
	}
	return strings.TrimSpace(b.String())
}
