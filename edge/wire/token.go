package wire

import (
	"encoding/binary"
	"math/bits"
)

// Classes of a byte, for the tables below.
const (
	tokenByte      = 1 << iota // RFC 9110 section 5.6.2
	underscoreByte             // the "_" among them
)

var class = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			t[c] = tokenByte
		}
	}
	for _, c := range "!#$%&'*+-.^`|~" {
		t[c] = tokenByte
	}
	t['_'] = tokenByte | underscoreByte
	return t
}()

// IsTokenByte reports whether c may stand in a token.
func IsTokenByte(c byte) bool { return class[c] != 0 }

// IsToken reports whether b is a token (RFC 9110 section 5.6.2).
func IsToken(b []byte) bool { return tokenClasses(b) != 0 }

// tokenClasses returns the classes that the bytes of b have, or 0 if b is not
// a token.
func tokenClasses(b []byte) uint8 {
	all := uint8(0)
	for _, c := range b {
		if class[c] == 0 {
			return 0
		}
		all |= class[c]
	}
	return all
}

// ValidValue reports whether b can be a field value: it holds no control but
// HTAB (RFC 9110 section 5.5). Bytes from 0x80 on are allowed.
func ValidValue(b []byte) bool { return valueEnd(b, 0) == len(b) }

// valueEnd returns the index of the first control other than HTAB in b from i
// on, or len(b).
func valueEnd(b []byte, i int) int {
	for i < len(b) {
		if i+8 <= len(b) {
			x := controls(binary.LittleEndian.Uint64(b[i:]))
			if x == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(x) >> 3
		} else if !isControl(b[i]) {
			i++
			continue
		}
		if b[i] != '\t' {
			return i
		}
		i++
	}
	return i
}

// targetEnd returns the index of the first byte in b from i on that a request
// target cannot hold, or len(b): anything but visible ASCII, and "#" and "\".
func targetEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		if m := below(x, 0x21) | equal(x, '#') | equal(x, '\\') | equal(x, 0x7f) | x&(ones*0x80); m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < 0x21 || c > 0x7e || c == '#' || c == '\\' {
			return i
		}
	}
	return i
}

func isControl(c byte) bool { return c < 0x20 || c == 0x7f }

// Eight bytes at a time: each function returns a word in which the lowest set
// bit belongs to the first byte that it looks for (higher ones may be wrong).

const ones = 0x0101010101010101

func below(x uint64, c byte) uint64 { return (x - ones*uint64(c)) &^ x & (ones * 0x80) }

func equal(x uint64, c byte) uint64 { return below(x^ones*uint64(c), 1) }

func controls(x uint64) uint64 { return below(x, 0x20) | equal(x, 0x7f) }

// Trim cuts optional white space (RFC 9110 section 5.6.3) from both ends.
func Trim(b []byte) []byte {
	for len(b) > 0 && IsSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && IsSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// IsSpace reports whether c is optional white space: a blank or a tab.
func IsSpace(c byte) bool { return c == ' ' || c == '\t' }

// IsHex reports whether c is a hexadecimal digit.
func IsHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// HexValue returns the value of a hexadecimal digit.
func HexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&0xf + 9
}
