package semantics

import (
	"bytes"
	"slices"

	"brink/edge/wire"
	"brink/store"
)

// maxValidators limits the entity tags of one conditional request, in bytes.
const maxValidators = 4 << 10

// Validators makes dst, the fields of a request for what is stored, a
// conditional one (RFC 9111 section 4.3.1): If-None-Match with the entity tags
// of all stored responses, and If-Modified-Since where one response is stored
// or none has a tag. It reports whether there was anything to ask with. The
// client's own conditions must not be in dst. The values alias the stored heads
// where they can.
func Validators(dst *wire.Fields, stored []*store.Object) bool {
	tags := storedTags(stored)
	if tags != nil {
		dst.AppendID(wire.IfNoneMatch, tags)
	}
	if tags != nil && len(stored) > 1 {
		return true
	}
	if o := newest(stored); o != nil {
		if date := o.Head.Get(wire.LastModified); validDate(date) {
			dst.AppendID(wire.IfModifiedSince, date)
			return true
		}
	}
	return tags != nil
}

// storedTags lists the entity tags of the stored responses, each once; nil if
// there are none. A tag without quotes can be sent only by itself.
func storedTags(stored []*store.Object) []byte {
	if len(stored) == 1 {
		if tag := stored[0].Head.Get(wire.ETag); len(tag) > 0 {
			return tag
		}
		return nil
	}
	var list []byte
	var listed [][]byte
	for _, o := range stored {
		tag := o.Head.Get(wire.ETag)
		if etagQuoted(tag) != len(tag) || len(tag) == 0 || len(list)+len(tag) > maxValidators || hasTag(listed, tag) {
			continue
		}
		if list != nil {
			list = append(list, ", "...)
		}
		list, listed = append(list, tag...), append(listed, tag)
	}
	return list
}

func hasTag(tags [][]byte, tag []byte) bool {
	return slices.ContainsFunc(tags, func(t []byte) bool { return bytes.Equal(t, tag) })
}

// Validated returns the stored response that a 304 to a request made with
// Validators is about (RFC 9111 section 4.3.4). nil: it fits none, and the
// fetch must be repeated without conditions.
//
// A 304 that names an entity tag renews only a response with that tag. If one tag
// was sent, it may come back changed by a server that compresses on the way (see
// sameButCoding). If several were sent and the 304 names none, it renews nothing:
// variants of one URL are often equally old.
func Validated(resp *Response, stored []*store.Object) *store.Object {
	tag := resp.Fields.Get(wire.ETag)
	if len(stored) == 1 && len(stored[0].Head.Get(wire.ETag)) > 0 {
		if tag == nil || sameButCoding(tag, stored[0].Head.Get(wire.ETag)) {
			return stored[0]
		}
		return nil
	}
	if tag != nil {
		for _, match := range []func(a, b []byte) bool{StrongMatch, weakMatch} {
			if o := newestWith(stored, func(h *wire.Head) bool { return match(tag, h.Get(wire.ETag)) }); o != nil {
				return o
			}
		}
		return nil
	}
	if storedTags(stored) != nil {
		return nil
	}
	date, dated := parseDate(resp.Fields.Get(wire.LastModified))
	o := newest(stored)
	if o == nil || !dated {
		return o
	}
	if modified, ok := parseDate(o.Head.Get(wire.LastModified)); ok && modified == date {
		return o
	}
	return nil
}

// newest returns the youngest of the stored responses, the first of equals.
func newest(stored []*store.Object) *store.Object {
	return newestWith(stored, func(*wire.Head) bool { return true })
}

func newestWith(stored []*store.Object, fits func(*wire.Head) bool) (best *store.Object) {
	for _, o := range stored {
		if fits(&o.Head) && (best == nil || o.Lifetime.Born > best.Lifetime.Born) {
			best = o
		}
	}
	return best
}

func validDate(v []byte) bool {
	_, ok := parseDate(v)
	return ok
}
