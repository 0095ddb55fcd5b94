package semantics

import (
	"net/netip"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/edge/wire"
)

// What proxies, frameworks and servers believe.
const (
	forgedWay = `X-Original-Forwarded-For WL-Proxy-Client-IP Proxy-Client-IP Forwarded-For Forwarded-For-IP X-Forwarded X-Forwarded-Port X-Forwarded-By X-Client-IP
		True-Client-IP X-True-IP X-Cluster-Client-IP CF-Connecting-IP CF-Connecting-IPv6 Fastly-Client-IP Fly-Client-IP DO-Connecting-IP X-Originating-IP X-Remote-IP X-Remote-Addr
		X-ProxyUser-IP Source-IP X-Source-IP X-End-User-IP X-Appengine-User-IP Incap-Client-IP Ali-CDN-Real-IP X-Azure-ClientIP X-Azure-SocketIP X-Envoy-External-Address
		Z-Forwarded-For HTTP-X-Forwarded-For X-Custom-IP-Authorization X-Real-Port Client-IP Remote-Addr Cluster-Client-IP
		X-Host X-Http-Host X-Original-Host X-Backend-Host X-Envoy-Original-Host X-HTTP-Host-Override Disguised-Host X-Real-Host Proxy-Host
		X-Original-URL X-Rewrite-URL X-Original-URI X-Envoy-Original-Path X-Script-Name Script-Name X-Request-URI X-MS-Original-URL Base-Url
		X-Url-Scheme X-Scheme Front-End-Https X-Client-Scheme CloudFront-Forwarded-Proto Fly-Forwarded-Proto X-ARR-SSL
		X-Middleware-Subrequest X-Middleware-Rewrite X-Middleware-Request-Cookie X-Next-Revalidated-Tags X-Invoke-Path X-Matched-Path X-Vercel-Sc-Host
		X-Envoy-Internal X-Envoy-Upstream-Rq-Timeout-Ms L5d-Dst-Override X-Apigateway-Event $WSRA $WSRU $WSSC Proxy X-Sendfile-Type My_Field`
	forgedIdentity = `X-Remote-User Remote-User Remote-Groups X-Remote-Group X-Remote-Extra-Scopes X-Forwarded-User X-Forwarded-Email X-Authenticated-User X-Auth-Request-User
		X-WEBAUTH-USER X-Authentik-Username X-Consumer-Username X-Vouch-User X-Pomerium-Claim-Email X-Userinfo X-SSO-User SM-User SMUSER IV-User OAM-Remote-User
		X-MS-Client-Principal X-MS-Client-Principal-Name X-Goog-Authenticated-User-Email X-Appengine-User-Email X-Appengine-Cron X-Amzn-Oidc-Identity X-Amzn-Mtls-Clientcert
		CF-Access-Authenticated-User-Email Tailscale-User-Login X-SSL-Client-Verify X-SSL-Client-S-DN SSL-Client-Cert X-Client-Cert X-Client-DN Client-Cert Client-Cert-Chain
		X-Forwarded-Client-Cert X-Forwarded-Tls-Client-Cert X-ARR-ClientCert CF-Client-Cert-Sha256 X-Proxy-User X-RStudio-Username`
	ownFields = `Authorization Cookie X-API-Key X-CSRF-Token X-Requested-With X-Auth-Token X-Auth-Key X-Auth-User X-User-Id X-Device-Id X-WP-Nonce CF-Access-Client-Id CF-Access-Jwt-Assertion
		X-Amzn-Oidc-Data X-Goog-Api-Key X-Amz-Date X-GitHub-Event Stripe-Signature Origin Referer X-Request-ID Traceparent X-Amzn-Trace-Id CF-Ray CF-IPCountry X-Azure-Ref X-Azure-FDID Fastly-FF
		Sec-WebSocket-Key Sec-WebSocket-Protocol Last-Event-ID Idempotency-Key Depth Destination Tus-Resumable Upload-Offset Content-Type If-Match Range Accept-Language X-Skip X-Voip`
	methodOverrides = `X-HTTP-Method-Override X-HTTP-Method X-Method-Override`
)

// arrives reports whether a field goes on to the origin.
func arrives(m message.Method, name string, shared, trusted bool, keep ...string) bool {
	r := requestOf(m, name+": canary")
	r.Peer = netip.MustParseAddrPort("192.0.2.1:4711")
	r.Way.Trusted = trusted
	fw := &Forward{Node: "n", Keep: keep}
	if shared {
		fw.Shared = &Rules{Key: KeyRules{Keep: keep}}
	}
	var dst wire.Fields
	ForwardFields(&dst, r, fw, nil)
	return strings.Contains(listOf(&dst), name+": canary")
}

// A client cannot speak as a proxy: neither with a request whose response is stored,
// nor with one that is passed on.
func TestForgedFields(t *testing.T) {
	for name := range strings.FieldsSeq(forgedWay) {
		for _, m := range []message.Method{message.GET, message.POST} {
			byProxy := arrives(m, name, false, true) && !describesWay([]byte(name))
			if arrives(m, name, false, false) || byProxy || arrives(m, name, true, true) {
				t.Errorf("%s arrives with a %v", name, m)
			}
			if !arrives(m, name, false, false, strings.ToLower(name)) {
				t.Errorf("%s is not kept with a %v", name, m)
			}
		}
		if arrives(message.GET, name, true, true, strings.ToLower(name)) {
			t.Errorf("%s is kept although the response is shared", name)
		}
	}
	for name := range strings.FieldsSeq(forgedIdentity) {
		for _, shared := range []bool{true, false} {
			if arrives(message.POST, name, shared, false) {
				t.Errorf("%s arrives, shared %t", name, shared)
			}
			if !arrives(message.POST, name, shared, true) || !arrives(message.POST, name, shared, false, strings.ToLower(name)) {
				t.Errorf("%s does not arrive from a proxy, shared %t", name, shared)
			}
		}
	}
	for name := range strings.FieldsSeq(ownFields) {
		if !arrives(message.GET, name, false, false) || !arrives(message.POST, name, false, false) {
			t.Errorf("the client's own %s does not arrive", name)
		}
	}
	for name := range strings.FieldsSeq(methodOverrides) {
		if arrives(message.GET, name, false, false) || arrives(message.HEAD, name, false, true) || !arrives(message.POST, name, false, false) {
			t.Errorf("%s arrives with a GET, or not with a POST", name)
		}
		if !arrives(message.GET, name, false, false, strings.ToLower(name)) || arrives(message.GET, name, true, false, strings.ToLower(name)) {
			t.Errorf("%s is not kept with a GET, or with one whose response is shared", name)
		}
	}
}

// What clients of object storage say of their objects is signed, and so are webhooks.
func TestSignedNames(t *testing.T) {
	for name := range strings.FieldsSeq(`X-Amz-Meta-My_Key X-Amz-Meta-Client-IP x-ms-meta-my_key X-Goog-Meta-Forwarded-For X-Object-Meta-A_B X-Bz-Info-src_last_modified_millis
		X-Vercel-Signature X-Vercel-Protection-Bypass`) {
		if !arrives(message.PUT, name, false, false) || !arrives(message.GET, name, true, false) {
			t.Errorf("%s does not arrive", name)
		}
	}
	for name := range strings.FieldsSeq("X_Amz-Meta-A X-Amz_Meta-A X-Vercel-IP-Country X-Vercel-Forwarded-For") {
		if arrives(message.PUT, name, false, false) {
			t.Errorf("%s arrives", name)
		}
	}
}

// What a trusted proxy says of the client counts as Authorization does.
func TestIdentityOfTrustedProxy(t *testing.T) {
	r := getAt(t, "http://a.test/", "X-Remote-User: alice|X-Client-Cert: x")
	if got := Credentials(r, new(KeyRules)); got != "" {
		t.Errorf("a stranger's %s count", got)
	}
	r.Way.Trusted = true
	if got := Credentials(r, new(KeyRules)); got != "X-Remote-User, X-Client-Cert" {
		t.Errorf("%q count", got)
	}
}

// A client cannot choose somebody else's response by the name in the key.
func TestForgedKey(t *testing.T) {
	rules := &Rules{Key: KeyRules{Headers: []string{"x-remote-*", "x-tenant"}}}
	for _, c := range []struct {
		lines   string
		trusted bool
		keep    string
		want    string
	}{
		{"X-Remote-User: alice", false, "", "X-Remote-User"},
		{"X-Remote-User: alice", true, "", ""},
		{"X-Remote-User: alice", false, "x-remote-user", ""},
		{"X-Tenant: a|Remote-User: alice", false, "", ""},
	} {
		r := getAt(t, "http://a.test/", c.lines)
		r.Way.Trusted = c.trusted
		own := *rules
		if c.keep != "" {
			own.Key.Keep = []string{c.keep}
		}
		plan := Admit(r, &own, new(Directives))
		if forged := plan.Action == Pass && plan.Reason == message.ReasonForgedField; plan.Culprit != c.want || forged != (c.want != "") {
			t.Errorf("%s, trusted %t, kept %q: %+v", c.lines, c.trusted, c.keep, plan)
		}
		_, _, why := Store(r, answerAt(200, "Cache-Control: max-age=60"), &own, atOnce)
		if (why.Reason == message.ReasonForgedField) != (c.want != "") {
			t.Errorf("%s, trusted %t, kept %q: stored: %v", c.lines, c.trusted, c.keep, why.Reason)
		}
	}
	if _, why := selects(fieldsAt("Vary: Accept, X-Remote-User")); why != message.ReasonVaryStar {
		t.Errorf("a response that varies by the user is stored: %v", why)
	}
}

// What a trusted proxy says of the way is sent on if it is true.
func TestTrueFields(t *testing.T) {
	for _, c := range []struct {
		line    string
		trusted bool
		shared  bool
		want    bool
	}{
		{"CF-Connecting-IP: 203.0.113.9", true, false, true},
		{"CF-Connecting-IP: 203.0.113.9", false, false, false},
		{"CF-Connecting-IP: 203.0.113.9", true, true, false},
		{"CF-Connecting-IP: 203.0.113.10", true, false, false},
		{"CF-Connecting-IP: 203.0.113.9, 192.0.2.7", true, false, false},
		{"X-Original-Host: a.test", true, false, true},
		{"X-Original-Host: evil.test", true, false, false},
		{"X-Original-Host: a.test", false, false, false},
		{"X-Forwarded-Prefix: /shop", true, false, true},
		{"X-Forwarded-Port: 443", true, false, true},
		{"X-Forwarded-Port: 443", true, true, false},
		{"X-Forwarded-Port: 443", false, false, false},
	} {
		r := requestOf(message.GET, c.line)
		r.URL.Host = []byte("a.test")
		r.Peer = netip.MustParseAddrPort("192.0.2.1:4711")
		r.Way.Trusted = c.trusted
		r.Way.Proxies = []netip.Addr{netip.MustParseAddr("192.0.2.1")}
		r.Way.Client = netip.MustParseAddr("203.0.113.9")
		fw := &Forward{Node: "n"}
		if c.shared {
			fw.Shared = &Rules{}
		}
		var dst wire.Fields
		ForwardFields(&dst, r, fw, nil)
		if got := strings.Contains(listOf(&dst), c.line); got != c.want {
			t.Errorf("%s, trusted %t, shared %t: sent %t", c.line, c.trusted, c.shared, got)
		}
	}
}
