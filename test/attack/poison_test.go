package attack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mirror answers with all that it was sent, as a page that may be stored.
func mirror(a *answer, q *seen) {
	var page strings.Builder
	fmt.Fprintf(&page, "page of %s, request %d\n%s\n", q.target, q.serial, q.start)
	for _, f := range q.fields {
		fmt.Fprintf(&page, "%s: %s\n", f.name, f.value)
	}
	page.WriteString(q.body)
	a.reply(q, "200 OK", "Cache-Control: max-age=600\r\n", page.String())
}

var mirrored = []route{{prefix: "/m/", serve: mirror}}

// TestUnkeyed sends each of more than a thousand fields that some framework
// believes to an origin that puts into its page all that it gets. Where unknown
// fields are separate or refused, no victim may see what the attacker sent. Where
// they are shared, none of those that have a meaning of their own may pass.
func TestUnkeyed(t *testing.T) {
	t.Parallel()
	names := headerNames()
	if len(names) < 1000 {
		t.Fatalf("only %d names", len(names))
	}
	for _, mode := range []string{"share", "separate", "refuse"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			sent := names
			if mode == "share" {
				sent = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !meaningful.MatchString(n) })
				if len(sent) < 200 {
					t.Fatalf("only %d names", len(sent))
				}
			}
			newWorld(t, setup{routes: mirrored, site: fmt.Sprintf("unknown_fields = %q", mode)}).poison(t, sent)
		})
	}
}

// meaningful are the fields that override what the request says, that switch
// representations, and that say who asks.
var meaningful = regexp.MustCompile(`(?i)^x-(forwarded|original|rewrite)-|^(x-)?(cluster-)?client-ip$|-client-ip$|^(x-real|x-remote)-ip$|` +
	`^x-(host|forwarded|method-override|http-method|http-method-override|scheme|middleware-.*|invoke-.*|matched-path|remote-addr)$|^forwarded$|^proxy-|` +
	`^(x-requested-with|x-pjax|hx-.*|turbo-frame|x-inertia.*|rsc|next-router-.*|next-url|next-action|x-nextjs-data|x-livewire|x-ajax)$|` +
	`token|secret|session|signature|auth|csrf|^remote-user$`)

// poison sends each field to a cold URL and looks at what another client gets.
func (w *world) poison(t *testing.T, names []string) {
	const parts = 16
	for part := range parts {
		t.Run(fmt.Sprintf("C01/%d", part), func(t *testing.T) {
			t.Parallel()
			attacker, victim := w.dial(t, "127.0.0.1"), w.dial(t, "127.0.0.3")
			defer attacker.close()
			defer victim.close()
			for i := part; i < len(names); i += parts {
				if got := w.leaks(t, attacker, victim, names[i]); got != "" {
					t.Errorf("the victim sees %s of the attacker in %q", names[i], got)
				}
			}
		})
	}
}

// leaks sends a field to a cold URL and returns the page that another client
// gets there, if the field's value is in it.
func (w *world) leaks(t *testing.T, attacker, victim *client, name string) string {
	t.Helper()
	const canary = "evil.test"
	target := "/m/" + newMark()
	attacker.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n"+name+": "+canary+"\r\n\r\n")
	if r := attacker.answer(t); r.status != 200 {
		t.Fatalf("%s is answered %d", name, r.status)
	}
	victim.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\n\r\n")
	r := victim.answer(t)
	if r.status != 200 || r.token() != target {
		t.Fatalf("behind %s the victim got %+v", name, r)
	}
	if strings.Contains(r.body, canary) {
		return r.body
	}
	return ""
}

// headerNames lists names that proxies set and frameworks believe, or that
// look like it: what begins words, and words.
func headerNames() []string {
	begins := strings.Fields(`- X- X-Forwarded- X-Original- X-Rewrite- X-Real- X-Client- X-Proxy- X-HTTP- X-Override- X-Backend- X-CDN- X-Cache-
		X-Origin- X-User- X-Auth- X-Debug- X-Amz- X-Azure- X-Envoy- X-App- X-Api- X-Wap- X-Custom- CF- Fastly- Akamai- True- Front-End- Base-`)
	words := strings.Fields(`Host Proto Protocol Scheme Port Prefix Server For By Path URL URI Query Method Method-Override IP Client-IP Remote-Addr
		SSL HTTPS User Token Lang Country Device Name Base-URL Root Location Redirect Version Status Locale Currency Domain Site Tenant Role Mode Theme`)
	names := strings.Fields(`Forwarded Destination Profile Translate SOAPAction Callback Client-IP Cluster-Client-IP Real-IP Remote-User
		X-Requested-With X-CSRF-Token X-WAP-Profile X-UIDH X-ATT-DeviceId X-Cluster-Client-IP X-PJAX X-Turbolinks-Referrer
		X-Middleware-Subrequest X-Middleware-Prefetch X-Nextjs-Data X-Invoke-Path X-Invoke-Status X-Matched-Path RSC Next-Router-State-Tree
		Next-Router-Prefetch Next-Url Next-Action X-Livewire X-Inertia X-Inertia-Version HX-Request HX-Current-URL Turbo-Frame X-Prerender
		X-Timezone X-Ajax X-Debug X-Test X-Preview X-Bypass X-Env Proxy-Host Request-Uri
		Negotiate Alt-Used Http-Host Http-X-Forwarded-Host Depth Lock-Token Overwrite Timeout If Label Slug Pragma-Override Cookie2 Warning`)
	for _, b := range begins {
		for _, word := range words {
			names = append(names, strings.TrimPrefix(b, "-")+word)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(n string) bool { return n == "Host" })
}

// TestEveryday does the same with the fields of HTTP, of browsers and of
// tracing. Those that nearly every request has are shared: an origin whose page
// depends on one has to say so with Vary. No other may be.
func TestEveryday(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{routes: mirrored, site: `unknown_fields = "refuse"`})
	shared := strings.Fields(`Accept Accept-Charset Accept-Language Accept-Datetime Cookie DNT DPR Device-Memory Downlink ECT Origin Priority Purpose RTT Referer
		Save-Data Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Sec-GPC Sec-Purpose
		Sec-WebSocket-Protocol Traceparent Tracestate Upgrade-Insecure-Requests User-Agent Via Viewport-Width Want-Content-Digest Want-Repr-Digest Width
		X-Request-ID B3 X-B3-TraceId X-Amzn-Trace-Id X-Cloud-Trace-Context X-Correlation-ID`)
	for _, name := range strings.Fields(`Accept Accept-Charset Accept-Encoding Accept-Language Accept-Datetime Access-Control-Request-Headers Authorization Cache-Control
		Content-Digest Content-Disposition Content-Encoding Content-Language Content-Location Content-MD5 Content-Range Content-Type Cookie DNT DPR Date Device-Memory Digest
		Downlink ECT Early-Data Forwarded From HTTP2-Settings If-Modified-Since If-None-Match If-Range If-Unmodified-Since Keep-Alive
		Last-Event-ID B3 X-B3-TraceId X-Amzn-Trace-Id X-Cloud-Trace-Context X-Correlation-ID Max-Forwards Origin Pragma Priority Proxy-Authorization Proxy-Connection Purpose RTT Range Referer Save-Data
		Sec-CH-UA Sec-CH-UA-Mobile Sec-CH-UA-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User Sec-GPC Sec-Purpose
		Sec-WebSocket-Protocol TE Traceparent Tracestate Trailer Upgrade-Insecure-Requests User-Agent Via Viewport-Width Want-Content-Digest Want-Repr-Digest Width
		X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-HTTP-Method-Override X-Real-IP X-Request-ID`) {
		t.Run("C01/"+name, func(t *testing.T) {
			t.Parallel()
			attacker, victim := w.dial(t, "127.0.0.1"), w.dial(t, "127.0.0.3")
			defer attacker.close()
			defer victim.close()
			if page := w.leaks(t, attacker, victim, name); page != "" != slices.Contains(shared, name) {
				t.Errorf("the victim got %q", page)
			}
		})
	}
}
