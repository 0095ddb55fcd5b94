package semantics

import (
	"bytes"
	"math"
	"strconv"

	"brink/edge/wire"
	"brink/store"
)

// ParseContentRange reads the Content-Range of a 206 with one part (RFC 9110
// section 14.4): the offsets of its first and last byte and the length of the
// whole, -1 if that is not known. ok is false unless there is exactly one
// line, of bytes, that fits itself and the type.
func ParseContentRange(f *wire.Fields) (first, last, whole int64, ok bool) {
	v, ok := only(f, wire.ContentRange)
	if !ok {
		return 0, 0, 0, false
	}
	unit, v, _ := bytes.Cut(v, []byte(" "))
	span, size, _ := bytes.Cut(v, []byte("/"))
	from, to, _ := bytes.Cut(span, []byte("-"))
	first, okFirst := parsePosition(from)
	last, okLast := parsePosition(to)
	whole, okWhole := parsePosition(size)
	if len(size) == 1 && size[0] == '*' {
		whole, okWhole = -1, true
	}
	ok = bytes.EqualFold(unit, []byte("bytes")) && okFirst && okLast && okWhole &&
		first <= last && (whole < 0 || last < whole) && max(last, whole) < math.MaxInt64
	return first, last, whole, ok
}

// Combine joins two stored parts of a representation, or a part and the whole,
// into one object (RFC 9111 section 3.4). newer is the one that came last: its
// fields replace those of older, and its bytes win where both have some. The
// result is a complete 200 once nothing is missing. nil: they do not belong
// together, which only the same strong entity tag proves, or leave a gap.
//
// The result is covered by every purge that covers either: it has the older of
// the stamps and the tags of both. opt says which fields for caches clients get.
func Combine(older, newer *store.Object, opt HeadOptions) *store.Object {
	size := WholeLength(older)
	if older.OnDisk() || newer.OnDisk() {
		return nil // one of the bodies is not at hand
	}
	if size < 0 || size != WholeLength(newer) || older.Partial == nil && newer.Partial == nil ||
		!StrongMatch(older.Head.Get(wire.ETag), newer.Head.Get(wire.ETag)) {
		return nil
	}
	a, b := heldSpan(older), heldSpan(newer)
	if a.end() < b.First || b.end() < a.First {
		return nil
	}
	c := withBodyOf(newer)
	first := min(a.First, b.First)
	all := Span{first, max(a.end(), b.end()) - first}
	c.Length = all.Length
	c.Body = joinBodies(older, newer, a, b)
	c.Stamp = min(older.Stamp, newer.Stamp)
	c.Tags = UniteTags(c.Tags, older.Tags)
	c.Partial = &store.Partial{First: all.First, Whole: size}
	if all.Length == size {
		c.Partial = nil
	}
	renderCombined(&c.Head, older, newer, all, size, &opt)
	return c
}

// AskRest adds to dst, the fields of a request for all of o, the range that o lacks. It
// reports whether that is one range. scratch is grown and returned. If o has a strong entity
// tag, AskRest adds If-Range: the origin sends the whole if it has changed. Without such a
// tag only a 200 can be used. After a 206 Combine returns nil, and the caller asks again for
// the whole.
func AskRest(dst *wire.Fields, o *store.Object, scratch []byte) ([]byte, bool) {
	if o.Partial == nil {
		return scratch, false
	}
	held := heldSpan(o)
	start := len(scratch)
	switch {
	case held.First == 0 && held.end() < o.Partial.Whole:
		scratch = append(strconv.AppendInt(append(scratch, "bytes="...), held.end(), 10), '-')
	case held.First > 0 && held.end() == o.Partial.Whole:
		scratch = strconv.AppendInt(append(scratch, "bytes=0-"...), held.First-1, 10)
	default:
		return scratch, false
	}
	dst.AppendID(wire.Range, scratch[start:len(scratch):len(scratch)])
	if tag := o.Head.Get(wire.ETag); etagStrong(tag) {
		dst.AppendID(wire.IfRange, tag)
	}
	return scratch, true
}

// WholeLength returns the length in bytes of the representation that o holds, or holds a
// part of.
func WholeLength(o *store.Object) int64 {
	if o.Partial != nil {
		return o.Partial.Whole
	}
	return o.Length
}

// heldSpan is what o holds of its representation.
func heldSpan(o *store.Object) Span {
	if o.Partial != nil {
		return Span{o.Partial.First, o.Length}
	}
	return Span{0, o.Length}
}

// joinBodies puts what a has before b, all of b, and what a has after b into
// one body. The memory is shared.
func joinBodies(older, newer *store.Object, a, b Span) [][]byte {
	body := AppendSpan(nil, older.Body, Span{0, b.First - a.First})
	body = append(body, newer.Body...)
	return AppendSpan(body, older.Body, Span{b.end() - a.First, a.end() - b.end()})
}

func renderCombined(h *wire.Head, older, newer *store.Object, all Span, size int64, opt *HeadOptions) {
	status := 206
	if all.Length == size {
		status = 200
	}
	var stored, update wire.Fields
	withoutRange(&older.Head, &stored)
	withoutRange(&newer.Head, &update)
	h.Begin(status)
	mergeFields(h, &stored, &update, opt)
	if status == 206 {
		h.AddID(wire.ContentRange, appendContentRange(nil, all, size))
	}
}

// withoutRange makes dst the fields of h but for Content-Range.
func withoutRange(h *wire.Head, dst *wire.Fields) {
	var all wire.Fields
	FieldsOf(h, &all)
	for i := range all.List {
		if all.List[i].ID != wire.ContentRange {
			dst.Append(all.List[i].Name, all.List[i].Value)
		}
	}
}
