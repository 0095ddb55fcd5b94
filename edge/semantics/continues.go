package semantics

import (
	"brink/edge/wire"
	"brink/store"
)

// Continues reports whether a response is the rest of o from a byte on: a 206 of
// the same representation, which the same strong entity tag proves (RFC 9110
// section 15.3.7.3).
func Continues(o *store.Object, at int64, status int, f *wire.Fields) bool {
	first, last, whole, ok := ParseContentRange(f)
	return ok && status == 206 && first == at && last == o.Length-1 && whole == o.Length &&
		StrongMatch(o.Head.Get(wire.ETag), f.Get(wire.ETag))
}
