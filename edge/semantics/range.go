package semantics

import (
	"bytes"
	"math"
	"slices"

	"brink/edge/wire"
	"brink/store"
)

// Span is a run of bytes: Length of them from offset First. Length is at least
// 1.
type Span struct{ First, Length int64 }

// In returns s, an offset into a representation, as an offset into what o
// holds of it.
func (s Span) In(o *store.Object) Span {
	if o.Partial != nil {
		s.First -= o.Partial.First
	}
	return s
}

func (s Span) end() int64 { return s.First + s.Length }

// rangeResult says what a Range field comes to.
type rangeResult uint8

const (
	RangeNone          rangeResult = iota // ignore the field: malformed, another unit, too many ranges, or no content
	RangeSome                             // the spans are asked for
	RangeUnsatisfiable                    // well formed, but all of it is past the end
)

// maxRanges is how many ranges a request may ask for (RFC 9110 section 17.15).
const maxRanges = 16

// parseRange reads a Range field (RFC 9110 section 14.2) for a representation
// of size bytes. The spans, written to dst[:0], are in the order asked for, lie
// inside the representation and neither overlap nor adjoin, so that together
// they are never longer than it. It does not allocate if dst has room for 16.
func parseRange(v []byte, size int64, dst []Span) ([]Span, rangeResult) {
	dst = dst[:0]
	rest, ok := cutByteUnit(v)
	if !ok || size <= 0 {
		return dst, RangeNone
	}
	specs := 0
	for len(rest) > 0 {
		var spec []byte
		spec, rest = cutByte(rest, ',')
		if spec = wire.Trim(spec); len(spec) == 0 {
			continue
		}
		if specs++; specs > maxRanges {
			return dst[:0], RangeNone
		}
		s, ok := parseRangeSpec(spec, size)
		if !ok {
			return dst[:0], RangeNone
		}
		if s.Length > 0 {
			dst = addSpan(dst, s)
		}
	}
	switch {
	case len(dst) > 0:
		return dst, RangeSome
	case specs > 0:
		return dst, RangeUnsatisfiable
	}
	return dst, RangeNone
}

// AsksRange reports whether a request asks for one range that parseRange understands, if the
// representation is long enough. Only such a Range goes to an origin. A malformed one is
// ignored (RFC 9110 section 14.2). For several ranges that overlap, an origin might send the
// same bytes many times (section 17.15).
func AsksRange(f *wire.Fields) bool {
	v, ok := only(f, wire.Range)
	if !ok || bytes.IndexByte(v, ',') >= 0 {
		return false
	}
	var span [1]Span
	_, result := parseRange(v, math.MaxInt64, span[:0])
	return result != RangeNone
}

// cutByteUnit returns what follows "bytes=".
func cutByteUnit(v []byte) ([]byte, bool) {
	unit, set, ok := bytes.Cut(v, []byte("="))
	return set, ok && bytes.EqualFold(unit, []byte("bytes"))
}

// parseRangeSpec reads "first-last", "first-" or "-suffix". The span is empty
// if the range lies past the end; ok is false if spec is malformed.
func parseRangeSpec(spec []byte, size int64) (s Span, ok bool) {
	before, after, ok := bytes.Cut(spec, []byte("-"))
	if !ok {
		return Span{}, false
	}
	if len(before) == 0 {
		suffix, ok := parsePosition(after)
		suffix = min(suffix, size)
		return Span{size - suffix, suffix}, ok
	}
	first, ok := parsePosition(before)
	if !ok {
		return Span{}, false
	}
	last := int64(math.MaxInt64)
	if len(after) > 0 {
		if last, ok = parsePosition(after); !ok || last < first {
			return Span{}, false
		}
	}
	if first >= size {
		return Span{}, true
	}
	return Span{first, min(last, size-1) - first + 1}, true
}

// parsePosition reads a number of digits only; one too large for the type is
// the largest of it.
func parsePosition(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if d := int64(c - '0'); n <= (math.MaxInt64-d)/10 {
			n = n*10 + d
		} else {
			n = math.MaxInt64
		}
	}
	return n, len(b) > 0
}

// addSpan adds s to dst, joined with those that it overlaps or adjoins, at the
// place of the first of these.
func addSpan(dst []Span, s Span) []Span {
	at := len(dst)
	for i := 0; i < len(dst); {
		t := dst[i]
		if t.end() < s.First || s.end() < t.First {
			i++
			continue
		}
		first := min(s.First, t.First)
		s = Span{first, max(s.end(), t.end()) - first}
		dst = slices.Delete(dst, i, i+1)
		at = min(at, i)
		i = 0 // the wider span may touch earlier ones
	}
	return slices.Insert(dst, min(at, len(dst)), s)
}
