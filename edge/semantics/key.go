package semantics

import (
	"encoding/binary"
	"slices"
	"strings"

	"brink/edge/message"
	"brink/edge/wire"
)

// AppendKey appends the key text of a request: scheme, host, target as
// AppendTarget gives it, then the fields and cookies that are in the key. The
// text is injective: every part carries its length, and fields and cookies
// their names, so no content of one part can stand for another and texts made
// under different rules cannot be taken for each other.
//
// In the key are, in this order, the rule's fields and cookies, and the fields
// of this request that are part of every key (see fieldSwitching) or, where the
// rules say so, unknown.
//
// With f nil the fields, the cookies and the host's port are left out. Purges
// name a URL by this text. If a request has no port, its text begins with this
// one.
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
		if strings.HasSuffix(name, "*") {
			dst = appendFields(dst, f, func(x *wire.Field) bool { return matchesField(name, x.Name) })
		} else {
			dst = appendField(dst, f, name, ", ")
		}
	}
	for _, name := range k.Cookies {
		dst = appendText(append(dst, 'c'), name)
		dst = appendCookies(dst, f, name)
	}
	if anyOfItself(f, k) {
		dst = appendFields(append(dst, 's'), f, func(x *wire.Field) bool { return ofItself(x, k) })
	}
	return dst
}

// HasFields reports whether more than the URL is in the key of a request with
// the fields f.
func (k *KeyRules) HasFields(f *wire.Fields) bool {
	return len(k.Headers) > 0 || len(k.Cookies) > 0 || anyOfItself(f, k)
}

// anyOfItself reports whether a field is part of the key without the rule
// naming it.
func anyOfItself(f *wire.Fields, k *KeyRules) bool {
	separate := k.Unknown == SeparateUnknown
	for i := range f.List {
		if x := &f.List[i]; (separate || maySwitch(x)) && ofItself(x, k) {
			return true
		}
	}
	return false
}

func ofItself(x *wire.Field, k *KeyRules) bool {
	own := switchesByName(x) || k.Unknown == SeparateUnknown && kindOf(x) == fieldUnknown
	return own && !k.settles(x.Name)
}

// appendFields appends the names and values of the fields that pass, sorted by
// name, each behind a 1, and a 0 at the end. The order in which a client sends
// them does not matter. It does not allocate for up to 32 fields.
func appendFields(dst []byte, f *wire.Fields, pass func(*wire.Field) bool) []byte {
	var room [32]*wire.Field
	found := room[:0]
	for i := range f.List {
		if x := &f.List[i]; pass(x) {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(found, func(a, b *wire.Field) int { return compareFold(a.Name, b.Name) })
	for i := 0; i < len(found); {
		name := found[i].Name
		dst = append(dst, 1)
		start := len(dst)
		dst = append(dst, 0, 0, 0, 0)
		for _, c := range name {
			dst = append(dst, wire.Lower(c))
		}
		closePart(dst, start)
		start = len(dst)
		dst = append(dst, 0, 0, 0, 0)
		joint := ""
		for ; i < len(found) && compareFold(found[i].Name, name) == 0; i++ {
			dst = append(append(dst, joint...), found[i].Value...)
			joint = ", "
		}
		closePart(dst, start)
	}
	return append(dst, 0)
}

// In what form the value of a field stands in a key text.
const (
	valueAbsent    byte = iota // there is no such field
	valueExact                 // lines joined, byte for byte
	valueEncoding              // normalEncoding
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

// appendCookies appends each cookie that pattern matches, in order, behind a 1,
// and a 0 at the end. Cookies of one name are all appended, as it is not known
// which the origin reads. A pattern that matches several names has the names, too.
func appendCookies(dst []byte, f *wire.Fields, pattern string) []byte {
	several := strings.HasSuffix(pattern, "*")
	cookies := cookiesOf(f)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		name, value := cutByte(pair, '=')
		if len(name) == len(pair) || !matchesCookie(pattern, name) {
			continue
		}
		dst = append(dst, 1)
		if several {
			dst = appendPart(dst, name)
		}
		dst = appendPart(dst, value)
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
