package message

import (
	"bytes"

	"brink/edge/wire"
)

// URL is a request's target in the one form that routing, cache key, purge and
// origin all use.
//
// INVARIANT: what rules match is what is forwarded: Target is sent to the
// origin byte for byte.
type URL struct {
	Scheme string // "http" or "https"
	Host   []byte // lower case; with ":port" unless it is the scheme's default port
	Name   []byte // Host without port, without a final dot: what sites are found by
	Target []byte // Path, and "?" and the query if there is one; "*" for OPTIONS *
	Path   []byte // begins with "/"; dot segments removed, unreserved characters decoded, escapes in upper case
	Query  []byte // without "?"; nil if there was no "?", empty if nothing followed it
	// Suspect: the path can be read in two ways. It has an escaped slash, backslash, "#",
	// "?" or control, an overlong escape, an empty segment, a dot segment with parameters,
	// or parameters of a segment without name.
	Suspect bool
	// Literal: the path is Suspect only because of an escaped slash or "?", or of an empty
	// segment. A rule may allow to store it as it is written.
	Literal bool

	// Ambiguous: some servers read another path, see AppendReading. It matters only
	// if a rule matches that path.
	Ambiguous bool
}

// URLFault says why a host and a target do not make a URL.
type URLFault uint8

const (
	URLOK       URLFault = iota
	BadHost              // empty, or not a name or address with an optional port
	BadTarget            // a byte that has no place in a path or query, or no known form
	BadEscape            // "%" without two hexadecimal digits in the path
	BadScheme            // absolute-form with a scheme other than http and https
	WrongScheme          // absolute-form with a scheme that is not the connection's
	EscapedNul           // "%00", at which many origins end the path or the value
	urlFaultCount
)

var urlFaults = [urlFaultCount]string{
	URLOK: "no fault", BadHost: "malformed host", BadTarget: "malformed request target",
	BadEscape: "malformed escape in path", EscapedNul: "escaped NUL in request target", BadScheme: "unknown scheme", WrongScheme: "scheme of another connection",
}

// String returns a short phrase for logs.
func (f URLFault) String() string { return urlFaults[f] }

// Status returns the status code that answers a request with this fault.
func (f URLFault) Status() int {
	if f == WrongScheme {
		return 421
	}
	return 400
}

// ParseURL sets u to the canonical URL of a request: scheme is the
// connection's, host the value of Host or :authority (nil for none), target
// the request target or :path. On a fault u is of no use.
//
// Where both are canonical already, u aliases them and nothing is allocated.
// Otherwise what differs is appended to buf, which is returned, and u aliases
// that. Parsing a URL that ParseURL made gives the same URL.
//
// A target in absolute-form (RFC 9112 section 3.2.2) replaces the host, which
// must be valid all the same. Authority-form is not for caches: BadTarget.
// "*" is accepted; that it is for OPTIONS alone is the caller's to check.
func ParseURL(u *URL, scheme string, host, target, buf []byte) (newbuf []byte, fault URLFault) {
	*u = URL{Scheme: scheme}
	if len(target) == 0 {
		return buf, BadTarget
	}
	if target[0] != '/' && string(target) != "*" {
		return u.setAbsolute(host, target, buf)
	}
	if buf, fault = u.setHost(host, buf); fault != URLOK {
		return buf, fault
	}
	return u.setTarget(target, buf)
}

// ParseURL sets r.URL as the function does. A host that a trusted proxy names also
// takes the place of the one in absolute-form, which must be valid all the same: the
// proxy may pass on a target that it did not look at.
func (r *Request) ParseURL(scheme string, host, target, buf []byte) (newbuf []byte, fault URLFault) {
	newbuf, fault = ParseURL(&r.URL, scheme, host, target, buf)
	if fault != URLOK || !r.Way.NamesHost || target[0] == '/' {
		return newbuf, fault
	}
	return r.URL.setHost(host, newbuf)
}

// setAbsolute sets host and target from a target in absolute-form.
func (u *URL) setAbsolute(host, target, buf []byte) (newbuf []byte, fault URLFault) {
	if len(host) > 0 {
		if buf, fault = u.setHost(host, buf); fault != URLOK {
			return buf, fault
		}
	}
	authority, target, fault := splitAbsolute(u.Scheme, target)
	if fault != URLOK {
		return buf, fault
	}
	if buf, fault = u.setHost(authority, buf); fault != URLOK {
		return buf, fault
	}
	return u.setTarget(target, buf)
}

// splitAbsolute cuts an absolute-form target into authority and the rest,
// which begins with "/" or "?" or is empty.
func splitAbsolute(scheme string, target []byte) (authority, rest []byte, fault URLFault) {
	n := bytes.Index(target, []byte("://"))
	if n < 0 {
		return nil, nil, BadTarget
	}
	name := target[:n]
	switch {
	case !wire.EqualFold(name, "http") && !wire.EqualFold(name, "https"):
		return nil, nil, BadScheme
	case !wire.EqualFold(name, scheme):
		return nil, nil, WrongScheme
	}
	authority = target[n+len("://"):]
	if end := bytes.IndexAny(authority, "/?"); end >= 0 {
		return authority[:end], authority[end:], URLOK
	}
	return authority, nil, URLOK
}
