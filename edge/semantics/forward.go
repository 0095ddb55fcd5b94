package semantics

import (
	"bytes"
	"net/netip"

	"brink/edge/message"
	"brink/edge/wire"
)

// Forward is how a request goes on to an origin.
type Forward struct {
	Node   string   // this node's name, a token, for Via and CDN-Loop
	Scheme string   // the client's scheme, for X-Forwarded-Proto; empty: the URL's
	Host   []byte   // the Host to send; nil: the URL's
	Keep   []string // see KeyRules
	Shared *Rules   // set for a fetch whose response may be stored and shared; nil: the request is passed on
}

// ForwardFields makes dst the fields of r as an origin may see them. Values are
// those of r or stand behind scratch, which is returned as grown.
//
// A client cannot forge what only a proxy knows. The fields about the way are
// replaced by true ones. Fields that make an origin see another URL, host or
// address are dropped, and so are names with "_", which many origins take for
// "-". They are dropped whoever sent them: a trusted proxy writes only a few of them,
// and passes on the others as clients wrote them. There are three exceptions, all for
// requests that are passed on. A field from a trusted proxy is sent if its value is
// true: see namesClient. A field that overrides the method is sent if the method is not
// safe. And a rule may keep such fields. Fields by which a proxy says who asks are sent
// if they come from a trusted proxy, or if the rule keeps them. Framing and
// hop-by-hop fields are left out: the connection to the origin has its own.
//
// A shared fetch is the node's own message, made only of what the key knows. It
// carries no condition, no range and nothing about content. Fields that
// Connection names stay in it: otherwise a client could make the origin answer
// without a field under which the response is then stored.
func ForwardFields(dst *wire.Fields, r *message.Request, fw *Forward, scratch []byte) []byte {
	dst.Reset()
	dst.Grow(len(r.Fields.List) + 8)
	host := fw.Host
	if host == nil {
		host = r.URL.Host
	}
	dst.AppendID(wire.Host, host)
	options := r.Fields.Options()
	for i := range r.Fields.List {
		x := &r.Fields.List[i]
		if !forwarded(r, &options, x, fw) {
			continue
		}
		value := x.Value
		if x.ID == wire.Cookie && fw.Shared != nil && fw.Shared.Key.reduces(value) {
			if value, scratch = keepCookies(scratch, value, &fw.Shared.Key); len(value) == 0 {
				continue
			}
		}
		dst.Append(x.Name, value)
	}
	if fw.Shared != nil {
		if coding := normalEncoding(&r.Fields); len(coding) > 0 && !fw.Shared.Key.ignores(wire.AcceptEncoding.Bytes()) {
			dst.AppendID(wire.AcceptEncoding, coding)
		}
	} else if acceptsTrailers(&r.Fields) {
		dst.AppendID(wire.TE, trailers)
	}
	return appendWay(dst, r, fw, scratch)
}

// forwarded reports whether x, a field of a request with the options o, is sent
// unchanged.
func forwarded(r *message.Request, o *wire.Options, x *wire.Field, fw *Forward) bool {
	kind := kindOf(x)
	switch {
	case replaced(x.ID), hopByHop(x.ID):
		return false
	case kind == fieldMisleading, kind == fieldMethod && r.Method.Safe(): // a POST may mean a DELETE, a GET may not
		if fw.Shared != nil || !listsField(fw.Keep, x.Name) && !(r.Way.Trusted && (namesClient(r, x) || describesWay(x.Name))) {
			return false
		}
	case kind == fieldIdentity && !believed(r, x, fw.Keep):
		return false
	}
	switch {
	case fw.Shared != nil:
		return !fw.Shared.drops(x)
	}
	return !nominated(o, x)
}

// namesClient reports whether the value of x is the client's address or the host of the
// URL. Then it does no harm, whoever wrote it.
func namesClient(r *message.Request, x *wire.Field) bool {
	if bytes.Equal(x.Value, r.URL.Host) {
		return true
	}
	a, err := netip.ParseAddr(string(x.Value))
	return err == nil && a == r.Client()
}

// describesWay tells the fields with which terminators say under which port, scheme and
// path they publish an application. They name neither a client nor a host, and in a
// request that is passed on they change the client's own response only.
func describesWay(name []byte) bool {
	for _, n := range wayNames {
		if wire.EqualFold(name, n) {
			return true
		}
	}
	return false
}

var wayNames = []string{"x-forwarded-port", "x-forwarded-prefix", "x-forwarded-ssl", "x-forwarded-scheme", "x-script-name", "front-end-https"}

// replaced tells the fields that the node never takes over from a client.
func replaced(id wire.Name) bool {
	switch id {
	case wire.Host, wire.ContentLength, wire.Expect, wire.Forwarded, wire.XForwardedFor, wire.XForwardedHost,
		wire.XForwardedProto, wire.XRealIP:
		return true
	}
	return false
}

// drops reports whether a shared fetch leaves out x although a passed request
// would carry it. So its response cannot depend on the client's x.
func (rules *Rules) drops(x *wire.Field) bool {
	switch x.ID {
	case wire.AcceptEncoding, wire.Range, wire.IfRange, wire.IfMatch, wire.IfNoneMatch,
		wire.IfModifiedSince, wire.IfUnmodifiedSince:
		return true
	case wire.EarlyData, wire.ContentEncoding, wire.ContentLocation, wire.ContentRange, wire.ContentType, wire.Date:
		// RFC 8470 section 5.1 forbids to remove it from what is passed on; the
		// others say nothing in a GET without content (see meaningless).
		return true
	case wire.CacheControl, wire.Pragma:
		return !rules.HonourClient
	}
	switch kindOf(x) {
	case fieldMethod:
		return true
	case fieldTransit:
		if rules.Key.Unknown != ShareUnknown {
			return true
		}
	}
	return rules.Key.ignores(x.Name) || x.ID == wire.Other && meaningless(x.Name)
}

// meaningless tells the fields that say nothing in a GET without content. In a
// shared fetch they would only be a way to write into somebody else's page.
func meaningless(name []byte) bool {
	for _, n := range meaninglessNames {
		if wire.EqualFold(name, n) {
			return true
		}
	}
	return false
}

var meaninglessNames = []string{
	"if", "content-digest", "content-disposition", "content-language", "content-md5", "digest", "repr-digest", "from", "max-forwards",
	"access-control-request-headers", "access-control-request-method", "access-control-request-private-network",
}

func acceptsTrailers(f *wire.Fields) bool {
	for i := f.First(wire.TE); i >= 0; i = f.Next(i) {
		if wire.ContainsToken(f.List[i].Value, "trailers") {
			return true
		}
	}
	return false
}

// appendWay adds the fields that say which way the request came.
func appendWay(dst *wire.Fields, r *message.Request, fw *Forward, scratch []byte) []byte {
	scheme := fw.Scheme
	if scheme == "" {
		scheme = r.URL.Scheme
	}
	scratch = appendAddresses(dst, r, scratch)
	dst.AppendID(wire.XForwardedHost, r.URL.Host)

	from := len(scratch)
	scratch = append(appendForwardedFor(scratch, r.Client()), `;host="`...)
	scratch = append(append(scratch, r.URL.Host...), `";proto=`...)
	proto := len(scratch)
	scratch = append(scratch, scheme...)
	dst.AppendID(wire.XForwardedProto, scratch[proto:len(scratch):len(scratch)])
	for _, hop := range r.Way.Proxies {
		scratch = appendForwardedFor(append(scratch, ", "...), hop)
	}
	dst.AppendID(wire.Forwarded, scratch[from:len(scratch):len(scratch)])

	from = len(scratch)
	scratch = append(scratch, receivedProtocol[r.Protocol]...)
	node := len(scratch)
	scratch = append(scratch, fw.Node...)
	dst.AppendID(wire.Via, scratch[from:len(scratch):len(scratch)])
	dst.AppendID(wire.CDNLoop, scratch[node:len(scratch):len(scratch)])
	dst.Append(surrogateCapability, surrogateOffer)
	return scratch
}

// appendAddresses adds X-Forwarded-For, from the client to the peer, and where a
// trusted proxy named the client, X-Real-IP. Before proxies an unknown client is
// written as "unknown": otherwise the first proxy would be taken for the client.
func appendAddresses(dst *wire.Fields, r *message.Request, scratch []byte) []byte {
	client, from := r.Client(), len(scratch)
	switch {
	case client.IsValid():
		scratch = client.AppendTo(scratch)
		if len(r.Way.Proxies) > 0 {
			dst.AppendID(wire.XRealIP, scratch[from:len(scratch):len(scratch)])
		}
	case len(r.Way.Proxies) > 0:
		scratch = append(scratch, "unknown"...)
	default:
		return scratch
	}
	for _, hop := range r.Way.Proxies {
		scratch = hop.AppendTo(append(scratch, ", "...))
	}
	dst.AppendID(wire.XForwardedFor, scratch[from:len(scratch):len(scratch)])
	return scratch
}

// appendForwardedFor appends an address in the form of RFC 7239 section 6.
func appendForwardedFor(dst []byte, addr netip.Addr) []byte {
	switch {
	case !addr.IsValid():
		return append(dst, "for=unknown"...)
	case addr.Is6():
		return append(addr.AppendTo(append(dst, `for="[`...)), `]"`...)
	}
	return addr.AppendTo(append(dst, "for="...))
}

var trailers = []byte("trailers")

// What the W3C Note "Edge Architecture" has a surrogate tell the origin, so that
// Surrogate-Control can be addressed to it.
var (
	surrogateCapability = []byte("Surrogate-Capability")
	surrogateOffer      = []byte(surrogate + `="Surrogate/1.0"`)
)

// receivedProtocol begins a member of Via (RFC 9110 section 7.6.3).
var receivedProtocol = [...]string{
	message.HTTP10: "1.0 ", message.HTTP11: "1.1 ", message.HTTP2: "2.0 ", message.HTTP3: "3.0 ",
}
