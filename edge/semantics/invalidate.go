package semantics

import (
	"bytes"

	"brink/edge/message"
	"brink/edge/wire"
)

// Invalidates calls each with every URL that the response to r puts out of
// date (RFC 9111 section 4.4): for a successful response to an unsafe or
// unknown method the target URI, and what Location and Content-Location name
// on the same host. A URL is valid during the call only. buf is memory to
// build URLs in and may be nil.
func Invalidates(r *message.Request, status int, f *wire.Fields, buf []byte, each func(u *message.URL)) {
	if r.Method.Safe() || status < 200 || status > 399 {
		return
	}
	each(&r.URL)
	for _, id := range [...]wire.Name{wire.Location, wire.ContentLocation} {
		for i := f.First(id); i >= 0; i = f.Next(i) {
			var u message.URL
			var ok bool
			buf, ok = resolve(&u, &r.URL, f.List[i].Value, buf[:0])
			if ok && !bytes.Equal(u.Target, r.URL.Target) {
				each(&u)
			}
		}
	}
}

// resolve sets u to what ref, a URI reference (RFC 3986 section 4.1), names on
// the host of base. It says no to other hosts and schemes and to what is no
// reference. u may alias base, ref and the memory that is returned.
func resolve(u, base *message.URL, ref, buf []byte) (newbuf []byte, ok bool) {
	ref, _ = cutByte(ref, '#')
	host, target := base.Host, ref
	switch {
	case len(ref) == 0:
		target = base.Target
	case ref[0] == '/' && len(ref) > 1 && ref[1] == '/':
		start := len(buf)
		buf = append(append(append(buf, base.Scheme...), ':'), ref...)
		host, target = nil, buf[start:]
	case ref[0] == '/' || hasScheme(ref):
	case ref[0] == '?':
		start := len(buf)
		buf = append(append(buf, base.Path...), ref...)
		target = buf[start:]
	default:
		start := len(buf)
		buf = append(append(buf, base.Path[:bytes.LastIndexByte(base.Path, '/')+1]...), ref...)
		target = buf[start:]
	}
	buf, fault := message.ParseURL(u, base.Scheme, host, target, buf)
	return buf, fault == message.URLOK && bytes.Equal(u.Host, base.Host)
}

// hasScheme reports whether ref begins with "scheme:".
func hasScheme(ref []byte) bool {
	for _, c := range ref {
		switch {
		case c == ':':
			return true
		case c == '/' || c == '?':
			return false
		}
	}
	return false
}
