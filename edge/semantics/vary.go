package semantics

import (
	"slices"
	"strings"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// maxSelectors is how many request fields a stored response may vary by.
const maxSelectors = 16

// selects says by which request fields a response varies: the names in all its
// Vary lines in lower case, sorted, each once; nil for none. A "*" anywhere,
// or a member that is no field name, is ReasonVaryStar: no request matches
// (RFC 9111 section 4.1). So is a field by which no client may choose: see ofAddress
// and ofIdentity. A response whose Access-Control-Allow-Origin names one
// origin varies by Origin, whether it says so or not.
func selects(f *wire.Fields) (store.Selector, message.Reason) {
	var sel store.Selector
	reason := message.ReasonNone
	for i := f.First(wire.Vary); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var name []byte
			name, rest = cutByte(rest, ',')
			name = wire.Trim(name)
			switch {
			case len(name) == 0:
			case name[0] == '*' || tokenLen(name) != len(name) || ofAddress(name) || ofIdentity(name):
				return nil, message.ReasonVaryStar
			case len(sel) < 2*maxSelectors:
				sel = append(sel, strings.ToLower(string(name)))
			default:
				reason = message.ReasonVaryTooWide
			}
		}
	}
	if forOneOrigin(f) {
		sel = append(sel, "origin")
	}
	slices.Sort(sel)
	sel = slices.Compact(sel)
	if len(sel) > maxSelectors || reason != message.ReasonNone {
		return nil, message.ReasonVaryTooWide
	}
	return sel, message.ReasonNone
}

// SelectorNames lists the request fields that responses vary by, sorted, each once.
func SelectorNames(selectors []store.Selector) string {
	names := slices.Concat(selectors...)
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// forOneOrigin reports whether Access-Control-Allow-Origin names an origin: the
// server has most likely taken it from the request (Fetch, section "CORS
// protocol and HTTP caches").
func forOneOrigin(f *wire.Fields) bool {
	v, ok := f.Lookup("access-control-allow-origin")
	return ok && string(wire.Trim(v)) != "*"
}

// AppendVariant appends the key text of the variant that a request with the
// fields f selects: the primary text, then each name of sel with the value
// that f has for it in a normal form. Texts are equal only if names and normal
// values are; an absent field differs from an empty one. An empty sel gives a
// text too, which is that of the responses without Vary, and is not primary.
//
// The normal form changes only what carries no meaning (RFC 9111 section 4.1):
// several lines are one list, blanks around commas outside of quotes go,
// Accept-Encoding is normalEncoding, and the elements of Accept-Language are
// sorted by weight and name in lower case (the order of equal weights means
// nothing: RFC 9110 section 12.5.4). Fields that are no lists are taken byte
// for byte.
//
// Only values that a shared fetch sends to the origin count. A field that the rules
// keep from the origin is absent, whatever the client sent. The cookies that are
// sent are in primary already.
func AppendVariant(dst, primary []byte, sel store.Selector, f *wire.Fields, rules *Rules) []byte {
	dst = append(dst, primary...)
	dst = append(dst, 'v', byte(len(sel)))
	for _, name := range sel {
		dst = appendText(dst, name)
		switch {
		case rules.hides(name):
			dst = append(dst, valueAbsent)
		case name == "cookie":
			dst = appendSentCookies(dst, f, &rules.Key)
		default:
			dst = appendNormal(dst, name, f)
		}
	}
	return dst
}

// hides reports whether a field, named in lower case, tells no variants apart: a
// shared fetch leaves it out, the node writes it itself, or the key has all of it
// that a shared fetch sends. It does not allocate.
func (rules *Rules) hides(name string) bool {
	var buf [256]byte
	x := wire.Field{Name: append(buf[:0], name...)}
	x.ID = wire.NameOf(x.Name)
	switch x.ID {
	case wire.AcceptEncoding: // its normal form goes along
		return rules.Key.ignores(x.Name)
	case wire.Cookie:
		return len(rules.Key.Cookies) > 0 || rules.Key.ignores(x.Name)
	}
	return replaced(x.ID) || hopByHop(x.ID) || x.ID == wire.Other && kindOf(&x) == fieldMisleading || rules.drops(&x)
}

// appendNormal appends the normal value of the field called name, in lower
// case: a byte that says in what form, and a part.
func appendNormal(dst []byte, name string, f *wire.Fields) []byte {
	switch name {
	case "accept-encoding":
		return appendPart(append(dst, valueEncoding), normalEncoding(f))
	case "accept-language":
		if out, ok := appendLanguages(dst, f); ok {
			return out
		}
	case "authorization", "host", "if-modified-since", "origin", "referer", "user-agent":
		return appendField(dst, f, name, ", ")
	}
	return appendList(dst, name, f)
}

// appendList appends the field as one list without blanks around its commas,
// or that there is none.
func appendList(dst []byte, name string, f *wire.Fields) []byte {
	start := 0
	for i := range f.List {
		x := &f.List[i]
		if !wire.EqualFold(x.Name, name) {
			continue
		}
		if start == 0 {
			dst = append(dst, valueList, 0, 0, 0, 0)
			start = len(dst) - 4
		} else {
			dst = append(dst, ',')
		}
		dst = appendWithoutBlanks(dst, x.Value)
	}
	if start == 0 {
		return append(dst, valueAbsent)
	}
	closePart(dst, start)
	return dst
}

// appendWithoutBlanks appends a list without the blanks around its commas.
func appendWithoutBlanks(dst, line []byte) []byte {
	list := elementWalk{rest: wire.Trim(line)}
	for {
		element, more := list.next()
		dst = append(dst, wire.Trim(element)...)
		if !more {
			return dst
		}
		dst = append(dst, ',')
	}
}

// language is an element of Accept-Language.
type language struct {
	tag    []byte
	weight int
}

// appendLanguages appends Accept-Language, sorted. It says no, and dst is as
// it was, where there is no such field, where one is malformed and where there
// are too many languages to sort in place.
func appendLanguages(dst []byte, f *wire.Fields) (out []byte, ok bool) {
	var room [24]language
	list := room[:0]
	present := false
	for i := range f.List {
		x := &f.List[i]
		if !wire.EqualFold(x.Name, "accept-language") {
			continue
		}
		present = true
		for rest := x.Value; len(rest) > 0; {
			var element []byte
			if element, rest = cutByte(rest, ','); len(wire.Trim(element)) == 0 {
				continue
			}
			tag, weight, valid := weighted(element)
			if !valid || len(list) == len(room) {
				return dst, false
			}
			list = append(list, language{tag, weight})
		}
	}
	if !present {
		return dst, false
	}
	slices.SortStableFunc(list, compareLanguages)
	return appendSortedLanguages(dst, list), true
}

func appendSortedLanguages(dst []byte, list []language) []byte {
	dst = append(dst, valueLanguages, 0, 0, 0, 0)
	start := len(dst) - 4
	for _, l := range list {
		for _, c := range l.tag {
			dst = append(dst, wire.Lower(c))
		}
		dst = append(dst, ';', byte(l.weight>>8), byte(l.weight))
	}
	closePart(dst, start)
	return dst
}

func compareLanguages(a, b language) int {
	if a.weight != b.weight {
		return b.weight - a.weight
	}
	return compareFold(a.tag, b.tag)
}

func compareFold(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if x, y := wire.Lower(a[i]), wire.Lower(b[i]); x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}

// ofIdentity reports whether a proxy says with a field who asks. With such a field a
// client could choose a response for somebody else.
func ofIdentity(name []byte) bool {
	return kindOf(&wire.Field{Name: name, ID: wire.NameOf(name)}) == fieldIdentity
}

// ofAddress reports whether a field is one that the node writes itself, from the
// client's address: what the client sent says nothing of what the origin saw.
func ofAddress(name []byte) bool {
	return wire.EqualFold(name, "x-forwarded-for") || wire.EqualFold(name, "forwarded") || wire.EqualFold(name, "x-real-ip")
}
