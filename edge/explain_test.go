package edge

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestExplain(t *testing.T) {
	r := newRig(t, `
  path "/off/**" { cache = "off" }
  path "/moved" {
    redirect { to = "/x" }
  }
  path "/swr" { stale_while_revalidate = "60s" }`, func(a *ask) {
		switch a.target {
		case "/private":
			a.give(200, "", "Cache-Control: private")
		case "/down":
			a.hangUp()
		default:
			a.give(200, "body", "Cache-Control: max-age=10", `ETag: "1"`, "Surrogate-Control: x")
		}
	})
	for _, target := range []string{"/hit", "/old", "/swr", "/private"} {
		r.get(target)
	}
	r.quiet()
	r.sleep(20 * time.Second)
	r.get("/hit")
	r.quiet()
	asked := len(r.origin.all())
	for _, c := range []struct{ method, target, plan, outcome, reason string }{
		{"GET", "/hit", "lookup", "hit", "none"},
		{"GET", "/old", "lookup", "ask the origin whether the stored response still holds", "expired"},
		{"GET", "/swr", "lookup", "stale, refreshed in the background", "refresh"},
		{"GET", "/new", "lookup", "miss: fetch from the origin", "uri-miss"},
		{"GET", "/off/x", "pass", "pass to the origin", "cache-off"},
		{"POST", "/hit", "pass", "pass to the origin", "method"},
		{"GET", "/moved", "answer", "refused by the node with 302", "redirect-rule"},
		{"TRACE", "/hit", "answer", "refused by the node with 405", "method-refused"},
	} {
		e, err := r.node.Explain(context.Background(), Question{URL: "http://a.test" + c.target, Method: c.method})
		if err != nil || e.Plan != c.plan || e.Outcome != c.outcome || e.Reason != c.reason {
			t.Errorf("%s %s: %+v, %v", c.method, c.target, e, err)
		}
	}
	if e, _ := r.node.Explain(context.Background(), Question{URL: "http://a.test/private"}); !e.Marked {
		t.Errorf("not remembered: %+v", e)
	}
	r.asked(asked)
	for target, want := range map[string]OriginsAnswer{
		"/hit":     {Status: 200, Stores: true},
		"/private": {Status: 200, Why: "private"},
		"/off/x":   {Status: 200, Why: "cache-off"},
	} {
		e, err := r.node.Explain(context.Background(), Question{URL: "http://a.test" + target, Ask: true})
		if err != nil || e.Origin == nil || e.Origin.Status != want.Status || e.Origin.Stores != want.Stores || e.Origin.Why != want.Why {
			t.Errorf("%s: %+v, %v", target, e.Origin, err)
		}
	}
	if e, _ := r.node.Explain(context.Background(), Question{URL: "http://a.test/down", Ask: true}); e.Origin == nil || e.Origin.Error == "" {
		t.Errorf("%+v", e.Origin)
	}
	for _, bad := range []Question{{URL: "/a"}, {URL: "http://a b/"}, {URL: "ftp://a.test/"}, {URL: "http://a.test/", Fields: []Line{{"A B", ""}}}} {
		if _, err := r.node.Explain(context.Background(), bad); !errors.Is(err, ErrQuestion) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	stored, ok := r.node.Object(Question{URL: "http://a.test/hit"})
	if !ok || stored.Status != 200 || stored.Length != 4 || stored.TTL != 10 {
		t.Errorf("%+v, %v", stored, ok)
	}
}
