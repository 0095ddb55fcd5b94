package semantics

import (
	"brink/edge/message"
	"brink/edge/wire"
)

// Looped reports whether a request has been here before: ReasonLoop if
// CDN-Loop names node (RFC 8586) or Via names more than maxVia hops,
// ReasonBadRequest if CDN-Loop cannot be read, ReasonNone otherwise.
func Looped(f *wire.Fields, node string, maxVia int) message.Reason {
	seen := false
	for i := f.First(wire.CDNLoop); i >= 0; i = f.Next(i) {
		list := wire.NewList(f.List[i].Value)
		for info, more := list.Next(); more; info, more = list.Next() {
			id, ok := parseCDNInfo(info)
			if !ok {
				return message.ReasonBadRequest
			}
			seen = seen || wire.EqualFold(id, node)
		}
	}
	if seen || viaHops(f) > maxVia {
		return message.ReasonLoop
	}
	return message.ReasonNone
}

// parseCDNInfo reads cdn-info: cdn-id *( OWS ";" OWS token "=" value ).
func parseCDNInfo(b []byte) (id []byte, ok bool) {
	n := 0
	for n < len(b) && cdnIDByte(b[n]) {
		n++
	}
	id, b = b[:n], skipBlank(b[n:])
	for len(b) > 0 {
		if b[0] != ';' {
			return nil, false
		}
		b = skipBlank(b[1:])
		name := tokenLen(b)
		if name == 0 || name == len(b) || b[name] != '=' {
			return nil, false
		}
		_, form, rest := memberValue(b[name+1:])
		if form == formBroken {
			return nil, false
		}
		b = skipBlank(rest)
	}
	return id, n > 0
}

// cdnIDByte tells the bytes of a host, with brackets and port, or a token.
func cdnIDByte(c byte) bool { return wire.IsTokenByte(c) || c == ':' || c == '[' || c == ']' }

// viaHops counts the members of Via. A comma in a comment does not separate.
func viaHops(f *wire.Fields) (hops int) {
	for i := f.First(wire.Via); i >= 0; i = f.Next(i) {
		depth, inside := 0, false
		for _, c := range f.List[i].Value {
			switch {
			case c == '(':
				depth++
			case c == ')' && depth > 0:
				depth--
			case c == ',' && depth == 0:
				inside = false
			case !wire.IsSpace(c) && !inside:
				inside = true
				hops++
			}
		}
	}
	return hops
}
