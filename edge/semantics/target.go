package semantics

import (
	"brink/edge/wire"
	"bytes"
	"slices"

	"brink/edge/message"
)

// AppendTarget appends the request target that the rules leave of u: what is
// in the key and, being the same, what the origin is asked. A parameter that
// is dropped from the one is dropped from the other, so none can be smuggled
// past the key.
//
// Parameters are what "&" separates; nothing else does. Where the rules choose
// or sort them, empty ones ("a&&b") go, and "?" goes with the last of them.
// A name in Params that ends in "*" stands for all names that begin so.
func AppendTarget(dst []byte, u *message.URL, k *KeyRules) []byte {
	switch {
	case u.Query == nil || k.Query == QueryAll && !k.Sort:
		return append(dst, u.Target...)
	case k.Query == QueryNone:
		return append(dst, u.Path...)
	}
	dst = append(dst, u.Path...)
	if k.Sort {
		return appendSorted(dst, u.Query, k)
	}
	lead := byte('?')
	for rest := u.Query; len(rest) > 0; {
		var param []byte
		if param, rest = cutByte(rest, '&'); k.keeps(param) {
			dst = append(append(dst, lead), param...)
			lead = '&'
		}
	}
	return dst
}

// sortedInPlace is how many parameters are sorted without allocating.
const sortedInPlace = 32

// appendSorted appends the parameters by name, those of one name in the order
// given.
func appendSorted(dst, query []byte, k *KeyRules) []byte {
	var room [sortedInPlace][]byte
	params := room[:0]
	for rest := query; len(rest) > 0; {
		var param []byte
		if param, rest = cutByte(rest, '&'); k.keeps(param) {
			params = append(params, param)
		}
	}
	slices.SortStableFunc(params, compareNames)
	lead := byte('?')
	for _, param := range params {
		dst = append(append(dst, lead), param...)
		lead = '&'
	}
	return dst
}

func compareNames(a, b []byte) int {
	nameA, _ := cutByte(a, '=')
	nameB, _ := cutByte(b, '=')
	return bytes.Compare(nameA, nameB)
}

// keeps reports whether a parameter stays.
func (k *KeyRules) keeps(param []byte) bool {
	if len(param) == 0 {
		return false
	}
	switch k.Query {
	case QueryKeep:
		return listsParameter(k.Params, param)
	case QueryDrop:
		return !listsParameter(k.Params, param)
	}
	return true
}

// matchesParameter compares the name of a parameter, its escapes decoded, with a
// whole name or with the beginning of one.
func matchesParameter(name []byte, want string, prefix bool) bool {
	for i := range len(want) {
		if len(name) == 0 {
			return false
		}
		var c byte
		if c, name = decodeByte(name); c != want[i] {
			return false
		}
	}
	return prefix || len(name) == 0
}

// decodeByte takes one byte of a query in the form that HTML forms send: "+"
// is a space, "%2B" a plus. What is no escape stands for itself. b is not
// empty.
func decodeByte(b []byte) (c byte, rest []byte) {
	switch {
	case b[0] == '+':
		return ' ', b[1:]
	case b[0] == '%' && len(b) > 2 && wire.IsHex(b[1]) && wire.IsHex(b[2]):
		return wire.HexValue(b[1])<<4 | wire.HexValue(b[2]), b[3:]
	}
	return b[0], b[1:]
}
