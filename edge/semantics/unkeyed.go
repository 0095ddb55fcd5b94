package semantics

import (
	"slices"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// UnkeyedField returns the name of the first request field on which a response
// may depend without the key knowing it, or nil if there is none and the
// response may be stored. Whatever an origin makes of such a field, a link to
// the host it names or a page for the user it names, would reach everybody
// else with the same key.
//
// Known are the fields of the HTTP standards, of browsers and of tracing that
// are either harmless or announced by Vary, those that ForwardFields drops or
// replaces, the rule's key fields and those it ignores, and the names in
// selectors, by which the response varies.
func UnkeyedField(r *message.Request, rules *Rules, selectors ...store.Selector) (name []byte) {
	if slices.Contains(rules.Key.Ignore, "*") {
		return nil
	}
	for i := range r.Fields.List {
		x := &r.Fields.List[i]
		if knownByID[x.ID] || x.ID == wire.Other && (harmless(x.Name) || misleading(x.Name)) ||
			listsName(rules.Key.Headers, x.Name) || listsName(rules.Key.Ignore, x.Name) {
			continue
		}
		if !slices.ContainsFunc(selectors, func(sel store.Selector) bool { return listsName(sel, x.Name) }) {
			return x.Name
		}
	}
	return nil
}

// listsName reports whether one of the names, in lower case, is name.
func listsName(names []string, name []byte) bool {
	for _, n := range names {
		if wire.EqualFold(name, n) {
			return true
		}
	}
	return false
}

// knownByID holds the harmless fields among those that have an ID.
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

// harmless knows the other fields that are.
func harmless(name []byte) bool {
	var buf [len("access-control-request-private-network")]byte
	if len(name) > len(buf) {
		return false
	}
	for i, c := range name {
		buf[i] = lowerByte(c)
	}
	lower := buf[:len(name)]
	switch string(lower) {
	case "accept", "content-language", "content-md5", "content-digest", "content-disposition", "digest",
		"origin", "referer", "from", "max-forwards", "dnt", "save-data", "priority", "purpose",
		"upgrade-insecure-requests", "downlink", "ect", "rtt", "dpr", "width", "viewport-width",
		"device-memory", "want-content-digest", "want-repr-digest",
		"b3", "x-amzn-trace-id", "x-cloud-trace-context", "x-correlation-id":
		return true
	}
	return hasPrefix(lower, "accept-") || hasPrefix(lower, "sec-") || hasPrefix(lower, "access-control-request-") ||
		hasPrefix(lower, "x-b3-")
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
