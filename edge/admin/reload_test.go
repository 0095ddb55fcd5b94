package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"brink/conf"
)

func TestReady(t *testing.T) {
	n := &fakeNode{}
	s := server(n, "")
	if w := call(s, "GET", "/readyz"); w.Code != 200 || compact(t, w) != `{"ready":true,"reasons":[]}` {
		t.Errorf("ready: %d %s", w.Code, w.Body)
	}
	n.reasons = []string{"draining", "no origin answers"}
	if w := call(s, "GET", "/readyz"); w.Code != 503 || compact(t, w) != `{"ready":false,"reasons":["draining","no origin answers"]}` {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	n.reasons = []string{}
	if w := call(s, "GET", "/readyz"); w.Code != 503 || compact(t, w) != `{"ready":false,"reasons":[]}` {
		t.Errorf("not ready, no reason: %d %s", w.Code, w.Body)
	}
	if w := call(s, "GET", "/healthz"); w.Code != 200 || compact(t, w) != `{"status":"ok"}` {
		t.Errorf("health: %d %s", w.Code, w.Body)
	}
}

func TestReload(t *testing.T) {
	n := &fakeNode{}
	s := server(n, "")
	w := call(s, "POST", "/v1/reload", func(r *http.Request) {
		ctx, leave := context.WithCancel(r.Context())
		leave()
		*r = *r.WithContext(ctx)
	})
	if w.Code != 200 || compact(t, w) != `{"applied":true,"digest":"abc123"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if n.ctx.Err() != nil {
		t.Error("a reload ends when its caller hangs up")
	}

	const refused = `{"applied":false,"digest":"abc123","error":{"code":"not_applied","message":"the conf was not applied, the one before stays in force","hint":"brink check says the same without a reload"},"errors":[`
	n.reload = fmt.Errorf("reload: %w", conf.Errors{
		{File: "a.hcl", Line: 3, Column: 7, Summary: "Unknown name", Detail: "d", Snippet: "s", Suggestion: "ttl"},
		{File: "b.hcl", Summary: "Cannot be read"},
	})
	w = call(s, "POST", "/v1/reload")
	if want := refused + `{"file":"a.hcl","line":3,"column":7,"summary":"Unknown name","detail":"d","snippet":"s","suggestion":"ttl"},{"file":"b.hcl","summary":"Cannot be read"}]}`; w.Code != 422 || compact(t, w) != want {
		t.Errorf("%d %s\nwant %s", w.Code, compact(t, w), want)
	}
	n.reload = errors.New("origin \"app\": no address")
	w = call(s, "POST", "/v1/reload")
	other := strings.Replace(refused, "brink check says the same without a reload", "the conf is right by itself, but cannot take the place of the one in force: see errors", 1)
	if want := other + `{"summary":"origin \"app\": no address"}]}`; w.Code != 422 || compact(t, w) != want {
		t.Errorf("%d %s\nwant %s", w.Code, compact(t, w), want)
	}
}
