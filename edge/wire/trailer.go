package wire

// Trailers returns the trailer fields once Done, without those that have no
// business there. They are d's own memory, valid until Reset.
func (d *Decoder) Trailers() *Fields { return &d.trailers }

// dropForbidden removes the fields that must not come after the content
// (RFC 9110 section 6.5.1): what frames a message, routes it, authenticates,
// modifies the request, controls caches or describes the content. Every name
// that brink acts upon is among them.
func (f *Fields) dropForbidden() {
	list := f.List
	f.Reset()
	for _, x := range list {
		if x.ID == Other && !forbiddenTrailer(x.Name) {
			f.add(x)
		}
	}
}

// forbiddenTrailers holds the forbidden names that brink has no Name for.
var forbiddenTrailers = []string{
	"accept", "accept-language", "alt-svc", "cache-groups", "cache-group-invalidation", "cache-tag", "clear-site-data",
	"client-ip", "content-disposition", "content-language", "content-security-policy", "edge-control", "front-end-https",
	"max-forwards", "origin", "refresh", "strict-transport-security", "surrogate-capability", "surrogate-key",
	"true-client-ip", "warning", "www-authenticate", "x-accel-expires", "x-client-ip", "x-host", "x-http-method",
	"x-method-override", "x-original-url", "x-rewrite-url", "xkey",
}

// forbiddenPrefixes holds families of forbidden names.
var forbiddenPrefixes = []string{"access-control-", "if-", "proxy-", "sec-", "x-forwarded-", "x-original-", "x-accel-"}

func forbiddenTrailer(name []byte) bool {
	for _, s := range forbiddenTrailers {
		if EqualFold(name, s) {
			return true
		}
	}
	for _, s := range forbiddenPrefixes {
		if len(name) > len(s) && EqualFold(name[:len(s)], s) {
			return true
		}
	}
	return false
}
