package semantics

import (
	"bytes"

	"brink/edge/wire"
	"brink/store"
)

// ByLanguage reports whether responses vary by the client's languages alone.
// Then a client gets the response in the language that it likes best wherever
// there is one, whatever else it lists, and two lists with the same favourite
// select the same response (RFC 9111 section 4.1: normalising in a way that is
// known to have identical semantics).
func ByLanguage(sel store.Selector) bool {
	return len(sel) == 1 && sel[0] == "accept-language"
}

// ContentLanguage is the one language that a response is in, in lower case;
// empty if it does not say, or names several.
func ContentLanguage(f *wire.Fields) string {
	tag := ""
	for i := range f.List {
		x := &f.List[i]
		if !wire.EqualFold(x.Name, "content-language") {
			continue
		}
		if tag != "" || !wire.IsToken(x.Value) {
			return ""
		}
		tag = string(bytes.ToLower(x.Value))
	}
	return tag
}

// InLanguage reports whether o says that it is in a language, in whatever case; no
// for none.
func InLanguage(o *store.Object, tag []byte) bool {
	return len(tag) > 0 && bytes.EqualFold(o.Head.Lookup("content-language"), tag)
}

// FavouriteLanguage appends the language that a request likes best, in lower
// case; nothing if it does not say, or likes several equally well.
func FavouriteLanguage(dst []byte, f *wire.Fields) []byte {
	var best language
	tied := false
	for i := range f.List {
		x := &f.List[i]
		if !wire.EqualFold(x.Name, "accept-language") {
			continue
		}
		for rest := x.Value; len(rest) > 0; {
			var element []byte
			if element, rest = cutByte(rest, ','); len(wire.Trim(element)) == 0 {
				continue
			}
			tag, weight, valid := weighted(element)
			if !valid {
				return dst
			}
			switch {
			case weight > best.weight:
				best, tied = language{tag, weight}, false
			case weight == best.weight:
				tied = true
			}
		}
	}
	if tied || !wire.IsToken(best.tag) || best.tag[0] == '*' {
		return dst
	}
	for _, c := range best.tag {
		dst = append(dst, wire.Lower(c))
	}
	return dst
}
