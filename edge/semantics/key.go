package semantics

import (
	"encoding/binary"

	"brink/edge/message"
	"brink/edge/wire"
)

// AppendKey appends the key text of a request: scheme, host, target as
// AppendTarget gives it, then the fields and cookies that the rules put into
// the key. The text is injective: every part carries its length, and fields
// and cookies their names, so no content of one part can stand for another and
// texts made under different rules cannot be taken for each other.
//
// With f nil the fields, the cookies and the host's port are left out. Purges
// name a URL by that text. Without a port it begins the text of each response of
// the URL.
//
// HEAD has the key of GET: the method is not a part.
func AppendKey(dst []byte, u *message.URL, f *wire.Fields, k *KeyRules) []byte {
	host := u.Host
	if f == nil {
		host = u.Name
	}
	dst = appendText(dst, u.Scheme)
	dst = appendPart(dst, host)
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst = AppendTarget(dst, u, k)
	closePart(dst, start)
	if f == nil {
		return dst
	}
	for _, name := range k.Headers {
		dst = appendText(append(dst, 'h'), name)
		dst = appendField(dst, f, name, ", ")
	}
	for _, name := range k.Cookies {
		dst = appendText(append(dst, 'c'), name)
		dst = appendCookie(dst, f, name)
	}
	return dst
}

// In what form the value of a field stands in a key text.
const (
	valueAbsent    byte = iota // there is no such field
	valueExact                 // lines joined, byte for byte
	valueEncoding              // NormalEncoding
	valueList                  // elements without the blanks around their commas
	valueLanguages             // sorted, each with ";" and its weight in two bytes
)

// appendField appends whether there are fields called name and, if so, their
// values joined: an absent field differs from an empty one.
func appendField(dst []byte, f *wire.Fields, name, joint string) []byte {
	lines := 0
	start := 0
	for i := range f.List {
		x := &f.List[i]
		if !wire.EqualFold(x.Name, name) {
			continue
		}
		if lines++; lines == 1 {
			dst = append(dst, valueExact, 0, 0, 0, 0)
			start = len(dst) - 4
		} else {
			dst = append(dst, joint...)
		}
		dst = append(dst, x.Value...)
	}
	if lines == 0 {
		return append(dst, valueAbsent)
	}
	closePart(dst, start)
	return dst
}

// appendCookie appends the value of each cookie called name, in order, each
// behind a 1, and a 0 at the end: which of two an origin reads is not known.
func appendCookie(dst []byte, f *wire.Fields, name string) []byte {
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		rest := f.List[i].Value
		for len(rest) > 0 {
			var pair []byte
			pair, rest = cutByte(rest, ';')
			pair = trimBlank(pair)
			if len(pair) > len(name) && pair[len(name)] == '=' && string(pair[:len(name)]) == name {
				dst = appendPart(append(dst, 1), pair[len(name)+1:])
			}
		}
	}
	return append(dst, 0)
}

// cutByte cuts b at the first sep.
func cutByte(b []byte, sep byte) (before, after []byte) {
	for i, c := range b {
		if c == sep {
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// appendPart appends the length of b in four bytes, and b.
func appendPart(dst, b []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...)
}

func appendText(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s)))
	return append(dst, s...)
}

// closePart writes the length of a part whose four bytes of length stand at
// start and which ends at the end of dst.
func closePart(dst []byte, start int) {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
}
