package semantics

import (
	"net/textproto"
	"strings"

	"brink/edge/wire"
)

// ProxySign returns the name of a request field that proxies, CDNs and TLS
// terminators add; "" if there is none. Names with "_" for "-" are of the same kind.
func ProxySign(f *wire.Fields) string {
	for i := range f.List {
		name := strings.ReplaceAll(strings.ToLower(string(f.List[i].Name)), "_", "-")
		if proxyNames[name] || hasPrefixOf([]byte(name), proxyPrefixes) || hasSuffixOf([]byte(name), proxySuffixes) {
			return textproto.CanonicalMIMEHeaderKey(string(f.List[i].Name))
		}
	}
	return ""
}

// Fields of the request's way, in lower case.
var (
	proxyNames = setOf(
		"via", "cdn-loop", "fastly-ff", "fastly-ssl", "fastly-client", "x-varnish", "x-iinfo", "akamai-origin-hop", "cdn-requestid",
		"front-end-https", "x-arr-ssl", "x-ssl", "x-https", "x-scheme", "x-url-scheme",
		"x-remote-ip", "x-remote-port", "x-proxyuser-ip", "x-source-ip", "x-originating-ip", "x-cdn-src-ip", "cdn-src-ip",
		"x-coming-from", "x-comes-from",
	)

	proxyPrefixes = []string{
		"x-forwarded", "x-forward-", "x-forwarder-", "forwarded", "x-real-", "x-original-", "wl-proxy-",
		"cf-", "x-amz-cf-", "cloudfront-", "x-azure-", "x-envoy-", "x-akamai-", "x-appengine-", "x-fastly-", "x-haproxy-", "x-sucuri-",
		"x-heroku-", "x-vercel-", "x-nf-", "fly-",
	}

	proxySuffixes = []string{"client-ip", "clientip", "real-ip", "connecting-ip", "connecting-ipv6", "remote-addr"}
)
