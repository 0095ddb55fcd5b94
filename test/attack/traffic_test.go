package attack

import (
	"strings"
	"testing"
)

// everydayFields are request fields that browsers, players, tools, CDNs, load
// balancers, tracing and libraries send, with a kind each.
const everydayFields = `
harmless   Accept Accept-Language Accept-Charset Referer User-Agent Cookie DNT Sec-GPC Sec-Fetch-Dest Sec-Fetch-Mode Sec-CH-UA
harmless   Sec-CH-UA-Platform Sec-Purpose Upgrade-Insecure-Requests Save-Data Priority Downlink RTT Device-Memory If-None-Match
harmless   If-Modified-Since Cache-Control Pragma TE Early-Data Via From Origin Content-Type Date
harmless   Traceparent Tracestate Baggage Sentry-Trace B3 X-B3-TraceId Newrelic Uber-Trace-Id X-Datadog-Trace-Id X-Amzn-Trace-Id
harmless   X-Cloud-Trace-Context X-Request-ID X-Correlation-ID X-Request-Start X-Timer Elastic-Apm-Traceparent
harmless   CF-Ray CF-IPCountry CF-Worker X-Amz-Cf-Id X-Azure-Ref X-Envoy-Attempt-Count CloudFront-Is-Mobile-Viewer Alt-Used
harmless   Service-Worker Icy-MetaData X-Playback-Session-Id X-Turbo-Request-Id X-Varnish
unknown    X-Client-Version X-App-Build X-Platform X-UIDH X-Wap-Profile Last-Event-ID X-Custom
override   X-Forwarded-For X-Forwarded-Proto X-Forwarded-Host Forwarded X-Real-IP True-Client-IP CF-Connecting-IP X-Original-URL
override   X-Rewrite-URL X-Host X-HTTP-Method-Override X_Custom
switching  X-Requested-With X-PJAX HX-Request Turbo-Frame X-Inertia RSC Next-Router-State-Tree
credential Authorization X-Api-Key X-Auth-Token X-CSRF-Token X-Shop-Session X-Hub-Signature`

// TestTraffic has two clients ask for one resource with different values of a
// field. Real traffic must stay cacheable: with explicit freshness the second one
// gets what the first one's fetch brought, unless the field selects another
// representation, or says who asks and the origin did not say public.
func TestTraffic(t *testing.T) {
	t.Parallel()
	page := func(control string) func(a *answer, q *seen) {
		return func(a *answer, q *seen) {
			a.reply(q, "200 OK", "Cache-Control: "+control+"\r\n", "page of "+q.target)
		}
	}
	w := newWorld(t, setup{routes: []route{
		{prefix: "/public/", serve: page("public, max-age=600")}, {prefix: "/own/", serve: page("max-age=600")},
	}})
	count := 0
	for line := range strings.Lines(strings.TrimSpace(everydayFields)) {
		words := strings.Fields(line)
		for _, name := range words[1:] {
			count++
			for _, kind := range []string{"/public/", "/own/"} {
				second := w.twice(t, kind+newMark(), name)
				hit := words[0] != "switching" && (words[0] != "credential" || kind == "/public/")
				if (strings.Contains(second, "; hit;") || strings.Contains(second, "; collapsed")) != hit {
					t.Errorf("%s, %s: the second client got %s", name, kind, second)
				}
				if words[0] == "credential" && kind == "/own/" && !strings.Contains(second, "detail=authorization") {
					t.Errorf("%s: the reason is not told: %s", name, second)
				}
			}
		}
	}
	if count < 80 {
		t.Errorf("only %d fields", count)
	}
}

// twice sends two values of a field to a cold URL, from two clients, and returns
// the Cache-Status of the second answer.
func (w *world) twice(t *testing.T, target, name string) string {
	t.Helper()
	var status string
	for i, address := range []string{"127.0.0.1", "127.0.0.3"} {
		c := w.dial(t, address)
		c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n"+name+": "+[]string{"one", "two"}[i]+"\r\n\r\n")
		r := c.answer(t)
		c.close()
		if r.status != 200 {
			t.Fatalf("%s: answered %d", name, r.status)
		}
		status = r.fields.get("Cache-Status")
	}
	return status
}
