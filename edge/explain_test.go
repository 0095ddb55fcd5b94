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
    redirect { to = "https://{host}/x{path}?{query}" }
  }
  path "/fixed" {
    respond { status = 200 }
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
		{"GET", "/moved", "answer", "redirected by the rule with 302 to https://a.test/x/moved", "redirect-rule"},
		{"GET", "/fixed", "answer", "answered by the rule with 200", "respond-rule"},
		{"PURGE", "/hit", "answer", "refused by the node with 405", "method-refused"},
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

// Where a site takes purges, one is explained and not refused for the address that a
// question does not have. Nothing is purged.
func TestExplainPurge(t *testing.T) {
	r := purgingRig(t)
	fillPurged(r)
	const from = " if it comes from 10.0.0.0/8, 192.0.2.1/32 itself; refused with 405 from elsewhere"
	for _, c := range []struct {
		method, target string
		fields         []Line
		plan, outcome  string
		reason         string
	}{
		{"PURGE", "a.test/x", nil, "purge", "purges url a.test/x" + from, "purge"},
		{"BAN", "a.test/", []Line{{"Cache-Tags", "t1|t2"}, {"Fastly-Soft-Purge", "1"}}, "purge", "purges tag of a site t1 softly, tag of a site t2 softly" + from, "purge"},
		{"PURGE", "a.test/.*", []Line{{"X-Purge-Method", "regex"}}, "purge", "purges site a" + from, "purge"},
		{"PURGE", "a.test/*.jpg", nil, "purge", "refused by the node with 501", "purge-pattern"},
		{"BAN", "a.test/", []Line{{"X-Ban-Prefix", "/a?b"}}, "purge", "refused by the node with 400", "bad-request"},
		{"PURGEKEYS", "a.test/", nil, "purge", "refused by the node with 400", "bad-request"},
		{"PURGE", "d.test/x", nil, "answer", "refused by the node with 405", "method-refused"},
		{"PURGE", "z.test/x", nil, "answer", "refused by the node with 421", "unknown-host"},
		{"BAN", "d.test/", nil, "pass", "pass to the origin", "method"},
	} {
		e, err := r.node.Explain(t.Context(), Question{URL: "http://" + c.target, Method: c.method, Fields: c.fields})
		if err != nil || e.Plan != c.plan || e.Outcome != c.outcome || e.Reason != c.reason {
			t.Errorf("%s %s: %+v, %v", c.method, c.target, e, err)
		}
	}
	if r.purges.Latest() != 0 {
		t.Error("purged")
	}
}
