package accesslog

import (
	"unicode/utf16"
	"unicode/utf8"
)

// maxField is how many bytes one field adds to a line at most, escapes included.
const maxField = 8 << 10

// text is the type of a field's value: bytes of a request, or a string of the conf.
type text interface{ ~string | ~[]byte }

const digits = "0123456789abcdef"

// plain marks the bytes that need no escape in either format: printable ASCII except the
// quote and the backslash.
var plain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendJSON appends s as the inside of a JSON string (RFC 8259 section 7) in
// printable ASCII and reports whether it was cut to fit. A byte that is not
// UTF-8 appears as the code point of its value.
func appendJSON[T text](dst []byte, s T) (line []byte, cut bool) {
	limit := len(dst) + maxField
	for i := 0; i < len(s); {
		run := i
		i = plainEnd(s, i)
		if room := limit - len(dst); i-run > room {
			return append(dst, s[run:run+room]...), true
		}
		dst = append(dst, s[run:i]...)
		if i == len(s) {
			break
		}
		r, size := decode(s[i:])
		next := appendRune(dst, r)
		if len(next) > limit {
			return dst, true
		}
		dst = next
		i += size
	}
	return dst, false
}

// plainEnd returns the end of the run of plain bytes that begins at i. It tests eight
// bytes at a time. The high bit of a byte is set in found if the byte has its high bit
// set, is below a space, or is a quote, a backslash or DEL. A borrow from a lower byte can
// also set it, but only if the bit of that lower byte is set.
func plainEnd[T text](s T, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(s); i += 8 {
		x := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		found := x | (x - ' '*ones) | (x ^ '"'*ones - ones) | (x ^ '\\'*ones - ones) | (x ^ 0x7f*ones - ones)
		if found&highs != 0 {
			break
		}
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	return i
}

// decode returns the first code point of s, which is not empty, and its length
// in bytes.
func decode[T text](s T) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return rune(s[0]), 1
	}
	var window [utf8.UTFMax]byte
	r, size := utf8.DecodeRune(window[:copy(window[:], s)])
	if r == utf8.RuneError && size <= 1 {
		return rune(s[0]), 1
	}
	return r, size
}

func appendRune(dst []byte, r rune) []byte {
	switch {
	case r == '"', r == '\\':
		return append(dst, '\\', byte(r))
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(dst, high), low)
	}
	return appendUnit(dst, r)
}

// appendUnit appends \u and the four hex digits of a UTF-16 unit.
func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15])
}

// appendQuoted appends s as the inside of a quoted field of the combined format. It
// escapes a quote as \", a backslash as \\ and bytes that are not printable ASCII as \xhh.
func appendQuoted[T text](dst []byte, s T) []byte {
	limit := len(dst) + maxField
	for i := 0; i < len(s); i++ {
		run := i
		i = plainEnd(s, i)
		if room := limit - len(dst); i-run > room {
			return append(dst, s[run:run+room]...)
		}
		dst = append(dst, s[run:i]...)
		if i == len(s) || len(dst)+4 > limit {
			break
		}
		if c := s[i]; c == '"' || c == '\\' {
			dst = append(dst, '\\', c)
		} else {
			dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return dst
}
