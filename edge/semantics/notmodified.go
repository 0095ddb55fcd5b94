package semantics

import (
	"strconv"

	"brink/edge/wire"
)

// RenderNotModified makes dst the head of a 304 for the stored response src:
// the fields that RFC 9110 section 15.4.5 asks for, and those about the way the
// response came. dst keeps its memory.
func RenderNotModified(dst, src *wire.Head) {
	dst.Begin(304)
	tagged := src.Get(wire.ETag) != nil
	copyLines(dst, src, func(id wire.Name) bool {
		switch id {
		case wire.CacheControl, wire.CDNCacheControl, wire.SurrogateControl, wire.BrinkCacheControl, wire.ContentLocation, wire.Expires:
			return true
		case wire.LastModified:
			return !tagged
		}
		return aboutSelection(id)
	})
}

// RenderUnsatisfiable makes dst the head of a 416 for the stored response src
// of size bytes (RFC 9110 section 15.5.17). It carries no freshness: a 416 is
// not for storing.
func RenderUnsatisfiable(dst, src *wire.Head, size int64) {
	dst.Begin(416)
	copyLines(dst, src, func(id wire.Name) bool {
		return id == wire.LastModified || aboutSelection(id)
	})
	var buf [40]byte
	dst.AddID(wire.ContentRange, strconv.AppendInt(append(buf[:0], "bytes */"...), size, 10))
}

// RenderPartial makes dst the head of a 206 with the one part s of a
// representation of size bytes, from the head of the stored 200 or 206
// (RFC 9110 section 15.3.7.1).
func RenderPartial(dst, src *wire.Head, s Span, size int64) {
	dst.Begin(206)
	copyLines(dst, src, func(id wire.Name) bool { return id != wire.ContentRange })
	var buf [80]byte
	dst.AddID(wire.ContentRange, appendContentRange(buf[:0], s, size))
}

// aboutSelection is the fields that every answer made from a stored response
// carries: which representation it was, when it was made and how it came.
func aboutSelection(id wire.Name) bool {
	switch id {
	case wire.Date, wire.ETag, wire.Vary, wire.NoVarySearch, wire.Via, wire.CacheStatus, wire.ProxyStatus:
		return true
	}
	return false
}

// copyLines adds to dst the fields of src for clients that pass keep.
func copyLines(dst, src *wire.Head, keep func(wire.Name) bool) {
	for _, l := range src.Lines {
		if keep(l.ID) {
			dst.AddLine(src, l)
		}
	}
}

// appendContentRange appends "bytes first-last/size".
func appendContentRange(dst []byte, s Span, size int64) []byte {
	dst = strconv.AppendInt(append(dst, "bytes "...), s.First, 10)
	dst = strconv.AppendInt(append(dst, '-'), s.end()-1, 10)
	return strconv.AppendInt(append(dst, '/'), size, 10)
}
