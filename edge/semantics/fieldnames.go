package semantics

import "brink/edge/wire"

// The tables of request fields, all in lower case. requestfield.go says what
// each kind means.

// knownByID holds the fields with an ID that are harmless, or that ForwardFields,
// Admit or Known deal with.
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
	"cf-", "x-amz-cf-", "x-azure-", "x-envoy-", "x-datadog-", "x-fastly-",
	"x-sigsci-", "x-haproxy-", "ot-tracer-", "x-ot-", "uberctx-", "x-instana-", "x-cdn-",
}

// browserPrefixes begin names that no page can set, so that a word in them
// does not make them credentials.
var browserPrefixes = []string{"sec-", "accept-", "access-control-request-"}

// methodNames are fields that override the method of the request.
var methodNames = setOf("x-http-method-override", "x-method-override", "x-http-method")

// misleadingNames and misleadingPrefixes are fields that Symfony, Laravel, Rails
// and Rack, Django and WSGI, Spring, ASP.NET, Express, Next.js and PHP
// applications obey, and fields by which CDNs name the client's address and
// scheme.
var misleadingNames = setOf(
	"x-forwarded", "x-forward-for", "x-forwarder-for", "forwarded-for", "forwarded-host", "forwarded-proto", "x-rewrite-url", "x-rewrite-uri",
	"x-request-uri",
	"x-host", "x-http-host-override", "x-host-override", "x-backend-host", "x-proxy-host", "x-proxy-url",
	"x-scheme", "x-url-scheme", "x-script-name", "x-ssl", "x-https", "https", "front-end-https", "x-arr-ssl",
	"x-http-path-override", "x-http-destinationurl",
	"x-client-ip", "x-cluster-client-ip", "x-originating-ip", "x-remote-ip", "x-remote-addr", "x-remote-port", "x-proxyuser-ip", "x-source-ip",
	"x-sucuri-clientip", "x-sucuri-country", "incap-client-ip", "ali-cdn-real-ip", "cdn-src-ip", "x-cdn-src-ip", "x-coming-from", "x-comes-from",
	"client-ip", "true-client-ip", "remote-addr", "fastly-client-ip", "fly-client-ip", "x-nf-client-connection-ip",
	"cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "cf-visitor", "x-azure-clientip", "x-azure-socketip", "x-appengine-user-ip",
	"cloudfront-forwarded-proto", "cloudfront-viewer-address", "x-envoy-external-address", "x-envoy-original-path", "x-envoy-original-host",
	"x-middleware-subrequest", "x-middleware-subrequest-id", "x-middleware-rewrite", "x-matched-path", "x-now-route-matches",
	"x-prerender-revalidate", "x-prerender-revalidate-if-generated", "x-sendfile-type", "x-accel-mapping", "x-php-ob-level",
	"disguised-host", "was-default-hostname", "x-waws-unencoded-url", "x-arr-clientcert", "proxy", "surrogate-capability", "wl-proxy-client-ip",
)

var misleadingPrefixes = []string{
	"x-forwarded-", "x-forward-", "x-original-", "x-invoke-", "proxy-", "brink-", "ms-aspnetcore-", "wl-proxy-", "x-vercel-", "x-rewrite-",
}

// misleadingSuffixes end the names by which CDNs and proxies give the client's
// address.
var misleadingSuffixes = []string{"client-ip", "clientip", "real-ip", "connecting-ip", "remote-addr", "host-override"}

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
	"remote-user", "x-remote-user", "x-remote-group", "x-client-cert", "client-cert", "client-cert-chain", "dpop",
)

var credentialPrefixes = []string{"x-amzn-oidc-", "x-ms-client-principal", "cf-access-", "x-goog-iap-", "x-ssl-client-", "ssl-client-"}

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
