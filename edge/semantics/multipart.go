package semantics

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"brink/edge/wire"
	"brink/store"
)

// RenderMultipart makes dst the head of a 206 with several parts of o, and
// appends the multipart/byteranges body (RFC 9110 section 14.6) to body: slices
// of o's own body, and between them headers written behind scratch. src is o's
// head. It returns scratch and body as grown, and the length of what was
// appended. The slices are valid as long as o and scratch are.
func RenderMultipart(dst, src *wire.Head, scratch []byte, o *store.Object, spans []Span, body [][]byte) ([]byte, [][]byte, int64) {
	var mark [boundaryLen]byte
	boundary := appendBoundary(mark[:0], o)
	kind := src.Get(wire.ContentType)

	dst.Begin(206)
	copyLines(dst, src, func(id wire.Name) bool { return id != wire.ContentRange && id != wire.ContentType })
	var value [80]byte
	dst.AddID(wire.ContentType, append(append(value[:0], "multipart/byteranges; boundary="...), boundary...))

	size := o.Length
	if o.Partial != nil {
		size = o.Partial.Whole
	}
	scratch = slices.Grow(scratch, (len(spans)+1)*(partOverhead+len(kind)))
	length := int64(0)
	for i, s := range spans {
		start := len(scratch)
		scratch = appendPartHeader(scratch, boundary, kind, s, size)
		if i == 0 {
			start += len("\r\n") // what ends the part before
		}
		body = append(body, scratch[start:])
		body = AppendSpan(body, o.Body, s.In(o))
		length += int64(len(scratch)-start) + s.Length
	}
	start := len(scratch)
	scratch = append(append(append(scratch, "\r\n--"...), boundary...), "--\r\n"...)
	return scratch, append(body, scratch[start:]), length + int64(len(scratch)-start)
}

// AppendSpan appends the slices of body that make up s, an offset into body.
func AppendSpan(dst [][]byte, body [][]byte, s Span) [][]byte {
	for _, run := range body {
		if s.Length <= 0 {
			break
		}
		n := int64(len(run))
		if s.First >= n {
			s.First -= n
			continue
		}
		part := run[s.First:min(n, s.First+s.Length)]
		dst = append(dst, part)
		s = Span{0, s.Length - int64(len(part))}
	}
	return dst
}

// partOverhead is the most that a part's header takes beyond its content type.
const partOverhead = len("\r\n--\r\nContent-Type: \r\nContent-Range: bytes -/\r\n\r\n") + boundaryLen + 3*19

func appendPartHeader(dst, boundary, kind []byte, s Span, size int64) []byte {
	dst = append(append(append(dst, "\r\n--"...), boundary...), "\r\n"...)
	if kind != nil {
		dst = append(append(append(dst, "Content-Type: "...), kind...), "\r\n"...)
	}
	dst = appendContentRange(append(dst, "Content-Range: "...), s, size)
	return append(dst, "\r\n\r\n"...)
}

const boundaryLen = 32

// appendBoundary appends a boundary that nobody who writes a body can foresee:
// it is drawn from the keyed hash of the key and the moment of the fetch,
// without giving either away.
func appendBoundary(dst []byte, o *store.Object) []byte {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[0:], o.Key.Hi)
	binary.LittleEndian.PutUint64(seed[8:], o.Key.Lo)
	binary.LittleEndian.PutUint64(seed[16:], uint64(o.Lifetime.Born))
	binary.LittleEndian.PutUint64(seed[24:], uint64(o.Length))
	sum := sha256.Sum256(seed[:])
	return hex.AppendEncode(dst, sum[:boundaryLen/2])
}
