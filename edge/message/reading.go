package message

import (
	"bytes"

	"brink/edge/wire"
)

// Readings is how many other paths a server may read in an ambiguous path.
const Readings = maxDecodings + 1

// maxDecodings is how often a path may be decoded. A server may pass a path on without
// escaping it again, and the next server then decodes it once more.
const maxDecodings = 3

// AppendReading appends what a server may read in an ambiguous path, in the form in
// which rules are matched. Each n below Readings gives another one. Such a server
// decodes the path n times. Then it drops the parameters of each segment, which
// begin with ";", as servlet containers do, and the dots and blanks at its end, as
// Windows does. It takes a backslash for a slash, leaves out empty segments and
// resolves dot segments. An escaped "?", "#" or control ends the path.
func AppendReading(dst, path []byte, n int) []byte {
	var room [512]byte
	text := append(room[:0], path...)
	for range n {
		text = decode(text)
	}
	if n > 0 {
		text = text[:readEnd(text)]
	}
	start := len(dst)
	for len(text) > 0 {
		text = text[1:] // a separator
		end := bytes.IndexAny(text, `/\`)
		if end < 0 {
			end = len(text)
		}
		dst = appendSegment(dst, start, text[:end], n > 0)
		text = text[end:]
		if len(text) == 1 || len(text) == 0 && len(dst) == start {
			return append(dst, '/')
		}
	}
	return dst
}

// appendSegment appends a segment as such a server reads it, behind a slash. dst
// has the path from start on. plain tells that there are no escapes in segment.
func appendSegment(dst []byte, start int, segment []byte, plain bool) []byte {
	if n := bytes.IndexByte(segment, ';'); n >= 0 {
		segment = segment[:n]
	}
	switch {
	case string(bytes.TrimRight(segment, " ")) == "..":
		return dst[:start+max(bytes.LastIndexByte(dst[start:], '/'), 0)]
	case len(bytes.TrimRight(segment, ". ")) == 0:
		return dst
	}
	dst = append(dst, '/')
	for _, c := range bytes.TrimRight(segment, ". ") {
		if !plain || pathClass[c] == pathPlain || pathClass[c] == pathSemicolon {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

const hexDigits = "0123456789ABCDEF"

// readEnd is the index of the first byte of a decoded path at which a server may end
// it, or its length.
func readEnd(text []byte) int {
	for i, c := range text {
		if c < 0x20 || c == 0x7f || c == '?' || c == '#' {
			return i
		}
	}
	return len(text)
}

// decode decodes the escapes of b in place.
func decode(b []byte) []byte {
	out := b[:0]
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '%' && i+2 < len(b) && wire.IsHex(b[i+1]) && wire.IsHex(b[i+2]) {
			c = wire.HexValue(b[i+1])<<4 | wire.HexValue(b[i+2])
			i += 2
		}
		out = append(out, c)
	}
	return out
}
