package semantics

import "brink/edge/wire"

// The tables of request fields, all in lower case. requestfield.go says what
// each kind means.

// knownByID holds the fields with an ID that are harmless, or that ForwardFields,
// Admit or IdentifiesUser deal with.
var knownByID = func() (t [256]bool) {
	for _, id := range []wire.Name{
		wire.AcceptEncoding, wire.Authorization, wire.CacheControl, wire.CDNLoop, wire.Connection,
		wire.ContentEncoding, wire.ContentLength, wire.ContentLocation, wire.ContentRange, wire.ContentType,
		wire.Cookie, wire.Date, wire.EarlyData, wire.Expect, wire.Forwarded, wire.Host, wire.HTTP2Settings,
		wire.IfMatch, wire.IfModifiedSince, wire.IfNoneMatch, wire.IfRange, wire.IfUnmodifiedSince,
		wire.KeepAlive, wire.Pragma, wire.ProxyAuthorization, wire.ProxyConnection, wire.Range, wire.TE,
		wire.Traceparent, wire.Tracestate, wire.Trailer, wire.TransferEncoding, wire.Upgrade, wire.UserAgent,
		wire.Via, wire.XForwardedFor, wire.XForwardedHost, wire.XForwardedProto, wire.XHTTPMethodOverride, wire.XRealIP, wire.XRequestID,
	} {
		t[id] = true
	}
	return t
}()

// harmlessNames are fields of the HTTP standards, of browsers, and of the tracing
// that everybody does.
var harmlessNames = setOf(
	"accept", "accept-charset", "accept-datetime", "accept-language", "accept-ch", "accept-signature", "content-language", "content-md5", "content-digest", "content-disposition", "digest",
	"origin", "referer", "from", "max-forwards", "dnt", "save-data", "priority", "purpose",
	"upgrade-insecure-requests", "downlink", "ect", "rtt", "dpr", "width", "viewport-width",
	"device-memory", "want-content-digest", "want-repr-digest",
	"b3", "x-amzn-trace-id", "x-cloud-trace-context", "x-correlation-id",
)

var harmlessPrefixes = []string{"sec-", "access-control-request-", "x-b3-"}

// transitNames are fields that CDNs, load balancers, tracing and players add on
// the way. No application builds a page from them.
var transitNames = setOf(
	"alt-used", "want-digest", "service-worker", "service-worker-navigation-preload", "x-purpose", "x-moz", "repr-digest",
	"dictionary-id", "available-dictionary", "icy-metadata", "x-playback-session-id",
	"transfermode.dlna.org", "getcontentfeatures.dlna.org", "timeseekrange.dlna.org",
	"baggage", "sentry-trace", "uber-trace-id", "newrelic", "x-newrelic-id", "x-newrelic-transaction", "traceresponse",
	"elastic-apm-traceparent", "x-dynatrace", "grpc-trace-bin", "x-trace", "x-trace-id", "x-span-id", "x-correlationid",
	"correlation-id", "request-id", "request-context", "x-request-uuid", "x-transaction-id", "x-turbo-request-id", "x-nv-trace-id",
	"x-request-start", "x-queue-start", "x-timer", "x-varnish", "x-cache", "x-cdn", "fastly-ff", "fastly-ssl", "fastly-client",
	"fastly-orig-accept-encoding", "akamai-origin-hop", "x-edge-location", "x-heroku-queue-depth", "x-heroku-dynos-in-use",
	"ns-client-id", "x-iinfo", "cdn-requestid",
)

var transitPrefixes = []string{
	"cf-", "x-amz-cf-", "x-azure-", "x-datadog-", "x-fastly-",
	"x-sigsci-", "x-haproxy-", "ot-tracer-", "x-ot-", "uberctx-", "x-instana-", "x-cdn-",
}

// browserPrefixes begin names that no page can set, so that a word in them
// does not make them credentials.
var browserPrefixes = []string{"sec-", "accept-", "access-control-request-"}

// methodNames are fields that override the method of the request.
var methodNames = setOf("x-http-method-override", "http-method-override", "x-method-override", "x-http-method", "x-http-override", "x-rest-method")

// misleadingNames, misleadingPrefixes and misleadingSuffixes are fields with which
// proxies and CDNs give the host, scheme, path or client address of a request. Some
// make applications skip their own checks. They are those of Symfony, Laravel, Rails and Rack,
// Django and WSGI, Spring, WebLogic, WebSphere, ASP.NET and IIS, Express, Next.js,
// PHP, Envoy, Linkerd and the functions of cloud providers.
var misleadingNames = setOf(
	"x-forwarded", "x-forward-for", "x-forwarder-for", "x-rewrite-url", "x-rewrite-uri",
	"x-request-uri", "request-uri", "http-url", "base-url", "script-name", "x-script-name", "path-info", "x-path-info",
	"x-host", "http-host", "x-http-host", "x-orig-host", "x-client-host", "x-http-host-override", "x-host-override", "x-backend-host", "x-proxy-host", "x-proxy-url",
	"x-scheme", "x-url-scheme", "x-request-scheme", "x-client-scheme", "x-client-proto", "x-client-port", "x-proto", "x-https", "https", "front-end-https", "x-arr-ssl", "x-ssl",
	"x-http-path-override", "x-http-destinationurl",
	"x-remote-addr", "x-remote-port", "x-custom-ip-authorization", "x-client-address", "x-client-addr", "x-peer-address",
	"x-sucuri-clientip", "x-sucuri-country", "x-coming-from", "x-comes-from",
	"cf-pseudo-ipv4", "cf-visitor", "x-azure-clientip", "x-azure-socketip", "x-nf-client-connection-ip",
	"cloudfront-viewer-address", "x-ms-original-url", "x-appservice-proto",
	"x-matched-path", "x-now-route-matches",
	"x-prerender-revalidate", "x-prerender-revalidate-if-generated", "x-sendfile-type", "x-accel-mapping", "x-php-ob-level",
	"disguised-host", "was-default-hostname", "x-waws-unencoded-url", "proxy", "surrogate-capability",
)

var misleadingPrefixes = prefixesOf(
	"x-forwarded-", "x-forward-", "forwarded-", "x-original-", "x-real-", "x-invoke-", "proxy-", "brink-", "ms-aspnetcore-", "wl-proxy-", "$ws",
	"x-vercel-", "x-rewrite-", "x-middleware-", "x-next-", "x-envoy-", "x-istio-", "l5d-", "x-apigateway-", "fly-forwarded-",
)

var misleadingSuffixes = []string{
	"-ip", "client-ip", "clientip", "userip", "real-ip", "connecting-ipv6", "remote-addr", "forwarded-for", "forwarded-host", "forwarded-proto", "host-override",
}

// Names with these prefixes never mislead the origin about the client. Clients of object
// storage (S3, Azure, Google, Swift, Backblaze, Alibaba, Tencent) describe their objects in
// such fields, under a signature. Vercel signs webhooks and lets testers in with them.
var ownPrefixes = []string{
	"x-amz-meta-", "x-ms-meta-", "x-goog-meta-", "x-object-meta-", "x-container-meta-", "x-bz-info-", "x-oss-meta-", "x-cos-meta-",
	"x-vercel-signature", "x-vercel-protection-bypass", "x-vercel-set-bypass-cookie",
}

// identityNames and identityPrefixes are fields with which a proxy that has
// authenticated the client says who that is: those of oauth2-proxy, Authelia,
// authentik, Vouch, Pomerium, Kong, Keycloak, Grafana, SiteMinder, WebSEAL and
// Shibboleth, of cloud providers, and of terminators that have checked a client's
// certificate. Tokens with a signature of their own are not among them.
var identityNames = setOf(
	"remote-user", "remote-group", "remote-groups", "remote-name", "remote-email",
	"x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username", "x-forwarded-access-token", "x-forwarded-login", "x-forwarded-name",
	"x-forwarded-client-cert", "x-forwarded-tls-client-cert", "x-forwarded-tls-client-cert-info",
	"x-auth-userid", "x-auth-username", "x-auth-groups", "x-auth-roles", "x-auth-subject", "x-userinfo", "x-token-subject", "auth-user",
	"x-anonymous-consumer", "x-credential-identifier", "x-credential-username",
	"x-proxy-user", "x-proxy-roles", "x-rstudio-username", "smuser",
	"client-cert", "client-cert-chain", "x-arr-clientcert", "x-client-dn", "x-client-s-dn", "x-client-verify", "x-client-verified",
	"cf-access-authenticated-user-email", "x-amzn-oidc-identity", "dapr-caller-app-id", "x-cloudscheduler",
	"x-appengine-user-email", "x-appengine-user-id", "x-appengine-user-nickname", "x-appengine-user-organization", "x-appengine-user-is-admin", "x-appengine-auth-domain",
	"x-appengine-cron", "x-appengine-queuename", "x-appengine-taskname", "x-appengine-inbound-appid",
)

var identityPrefixes = prefixesOf(
	"x-remote-user", "x-remote-group", "x-remote-extra-", "x-remote-name", "x-remote-email", "x-authenticated-", "x-auth-request-", "x-webauth-", "x-authentik-", "x-consumer-",
	"x-vouch-", "x-pomerium-claim-", "x-token-user-", "x-sso-", "x-shib-", "shib-", "sm-", "iv-", "oam-", "osso-", "tailscale-user-",
	"x-ms-client-principal", "x-ms-token-", "x-goog-authenticated-user-", "x-cloudtasks-", "x-amzn-mtls-",
	"x-ssl-", "ssl-", "x-tls-client-", "x-client-cert", "cf-client-cert-", "cf-cert-",
)

// switchingNames and switchingPrefixes are fields of jQuery and libraries that
// copy it, PJAX, htmx, Turbo, Inertia, Unpoly, Livewire, Datastar, React Server
// Components and Next.js, Remix, SvelteKit, Nuxt, barba and swup.
var switchingNames = setOf(
	"x-requested-with", "x-pjax", "turbo-frame", "x-inertia", "rsc", "next-url", "next-action", "x-nextjs-data", "x-middleware-prefetch",
	"x-livewire", "x-livewire-navigate", "datastar-request", "x-remix-response", "x-sveltekit-invalidated", "x-nuxt-islands",
	"x-barba", "x-swup", "x-ajax", "x-fragment", "x-partial", "x-alpine-request", "x-alpine-target", "x-unpoly",
)

var switchingPrefixes = []string{"hx-", "x-pjax-", "x-inertia-", "x-up-", "next-router-", "turbo-", "x-nextjs-"}

// credentialNames, credentialPrefixes and credentialWords tell who asks.
var credentialNames = setOf(
	"apikey", "api-key", "x-api-key", "x-apikey", "x-api-id", "x-app-key", "x-client-key", "x-access-key", "x-functions-key",
	"ocp-apim-subscription-key", "subscription-key", "x-master-key",
	"dpop", "x-vercel-protection-bypass",
)

var credentialPrefixes = []string{"x-amzn-oidc-", "cf-access-", "x-goog-iap-"}

var credentialWords = [][]byte{
	[]byte("token"), []byte("secret"), []byte("session"), []byte("signature"), []byte("auth"),
	[]byte("jwt"), []byte("passw"), []byte("credential"), []byte("csrf"), []byte("xsrf"), []byte("apikey"), []byte("api-key"),
}

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// prefixes are beginnings of names, by their first byte.
type prefixes [256][]string

func prefixesOf(list ...string) *prefixes {
	p := new(prefixes)
	for _, s := range list {
		p[s[0]] = append(p[s[0]], s)
	}
	return p
}

// begin reports whether one of the prefixes begins a name.
func (p *prefixes) begin(name []byte) bool { return len(name) > 0 && hasPrefixOf(name, p[name[0]]) }
