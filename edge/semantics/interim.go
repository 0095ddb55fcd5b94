package semantics

import "brink/edge/wire"

// InterimFields makes dst the fields of an informational response (1xx) that
// go on to the client: all but those of one hop, framing, and what is for
// caches only. They alias src. An interim response is never stored (RFC 9111
// section 3), and what it announces is not merged into the final one.
func InterimFields(dst, src *wire.Fields) {
	dst.Reset()
	dst.Grow(len(src.List))
	options := src.Options()
	for i := range src.List {
		x := &src.List[i]
		if storedField(&options, x) && !forCaches(x.ID) {
			dst.Append(x.Name, x.Value)
		}
	}
}
