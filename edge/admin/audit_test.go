package admin

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"brink/conf"
	"brink/purge"
)

// Each call is logged in one line, refused or not. The line has no text of the request.
func TestAudit(t *testing.T) {
	var log bytes.Buffer
	n := &fakeNode{}
	s := New(Options{Node: n, Purges: n.purges(), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Admin: *admits(conf.Token{Name: "shop", Sites: []string{"shop"}, Rate: 1, Burst: 3}, conf.Token{Name: "soft", SoftOnly: true})})
	const address = "address=192.0.2.1:1234"
	last := func(what, want string) {
		t.Helper()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		log.Reset()
		got := regexp.MustCompile(`^.* msg="purge asked for" `).ReplaceAllString(lines[len(lines)-1], "")
		got = regexp.MustCompile(` duration=\S+$`).ReplaceAllString(got, " -")
		if len(lines) != 1 || got != want+" -" {
			t.Errorf("%s:\n%s\nwant %s", what, strings.Join(lines, "\n"), want)
		}
		for _, secret := range []string{"s3cret", "wr0ng", "hidden"} {
			if strings.Contains(strings.Join(lines, ""), secret) {
				t.Errorf("%s: the line has %s", what, secret)
			}
		}
	}
	post(s, `{"urls":["shop.hidden/"],"tags":["hidden","b"],"soft":true}`, bearer("shop"))
	last("applied", "outcome=applied "+address+" token=shop seq=1 urls=1 tags=2 all=false soft=true")
	post(s, `{"tags":["hidden"]}`, bearer("shop"))
	last("limited", "outcome=limited "+address+" token=shop reason=rate_limited")
	post(s, `{"hosts":["hidden"]}`, bearer("soft"))
	last("forbidden", "outcome=forbidden "+address+" token=soft reason=out_of_scope hosts=1 all=false soft=false")
	post(s, `{"all":true}`, bearer("s3cret"), field("Idempotency-Key", "hidden"))
	last("all", "outcome=applied "+address+" token=* seq=2 all=true soft=false")
	post(s, `{"all":true}`, bearer("s3cret"), field("Idempotency-Key", "hidden"))
	last("repeated", "outcome=repeated "+address+" token=* seq=2 all=true soft=false")
	post(s, `{"all":true,"soft":true}`, bearer("s3cret"), field("Idempotency-Key", "hidden"))
	last("conflict", "outcome=conflict "+address+" token=* reason=key_reused all=true soft=true")
	post(s, `{"hidden":true}`, bearer("s3cret"))
	last("invalid", "outcome=invalid "+address+" token=* reason=bad_purge")
	post(s, `{"all":true}`, bearer("wr0ng"))
	last("unauthorized", "outcome=unauthorized "+address+" reason=unauthorized")
	post(s, `{"all":true}`, field("Origin", "https://hidden.example"))
	last("cross-site", "outcome=forbidden "+address+" reason=cross_site")
	call(s, http.MethodGet, "/v1/purge", bearer("s3cret"))
	last("GET", "outcome=invalid "+address+" token=* reason=method_not_allowed")
	n.purger.err = fmt.Errorf("%w: no space", purge.ErrNotDurable)
	post(s, `{"sites":["shop"]}`, bearer("s3cret"))
	last("not durable", "outcome=not_durable "+address+" token=* reason=not_durable seq=3 sites=1 all=false soft=false")
	n.purger.err = nil

	page := call(s, "GET", "/metrics", bearer("s3cret")).Body.String()
	for _, want := range []string{
		`brink_purge_requests_total{outcome="applied"} 2`, `brink_purge_requests_total{outcome="repeated"} 1`,
		`brink_purge_requests_total{outcome="not_durable"} 1`, `brink_purge_requests_total{outcome="invalid"} 2`,
		`brink_purge_requests_total{outcome="unauthorized"} 1`, `brink_purge_requests_total{outcome="forbidden"} 2`,
		`brink_purge_requests_total{outcome="conflict"} 1`, `brink_purge_requests_total{outcome="limited"} 1`,
		`brink_purge_requests_total{outcome="failed"} 0`,
		`brink_purge_items_total{kind="url",soft="true"} 1`, `brink_purge_items_total{kind="tag",soft="true"} 2`,
		`brink_purge_items_total{kind="all",soft="false"} 1`, `brink_purge_items_total{kind="site",soft="false"} 1`,
	} {
		if !strings.Contains(page, "\n"+want+"\n") {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(page, `kind="host"`) {
		t.Error("what was refused is counted")
	}
}

// A call that panics is logged, too.
func TestAuditOfPanic(t *testing.T) {
	var log bytes.Buffer
	n := &fakeNode{}
	s := New(Options{Node: n, Purges: nil, Log: slog.New(slog.NewTextHandler(&log, nil))})
	wantError(t, "panic", post(s, `{"all":true}`, field("Idempotency-Key", "k")), 500, "internal")
	if !strings.Contains(log.String(), "outcome=failed") {
		t.Error(log.String())
	}
	s.purger = n.purges()
	if w := post(s, `{"all":true}`, field("Idempotency-Key", "k")); w.Code != 200 {
		t.Errorf("the key of a call that panicked: %d", w.Code)
	}
}
