package semantics

import (
	"bytes"
	"net/textproto"
	"slices"
	"strings"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/store"
)

// fieldKind says what a request field may do to a response that others get.
type fieldKind uint8

const (
	fieldHarmless   fieldKind = iota // nothing that Vary does not announce
	fieldMisleading                  // overrides host, scheme, path or client address: the origin does not see it
	fieldIdentity                    // a proxy says with it who asks: a credential from a trusted proxy; from others the origin does not see it
	fieldMethod                      // overrides the method: a shared fetch leaves it out
	fieldSwitching                   // a library uses it to select a representation: it is part of the key
	fieldCredential                  // says who asks: it counts as Authorization does
	fieldTransit                     // was added on the way here: harmless, but unless unknown fields are shared, a shared fetch leaves it out
	fieldUnknown                     // nobody knows
)

// UnknownFields says what to do with requests that have unknown fields: nobody
// knows whether the response depends on these.
type UnknownFields uint8

const (
	// ShareUnknown: the key is the URL and what Vary names (RFC 9111 section
	// 4.1), where the freshness is explicit. Where it is guessed, the response
	// is not stored.
	ShareUnknown    UnknownFields = iota
	SeparateUnknown               // they are part of the key
	RefuseUnknown                 // the response is never stored
)

// UnkeyedFields returns the names of the unknown request fields that are neither
// in the key nor in the selectors, separated by ", "; "" if there is none. The
// origin may have used such a field in any way: for a link to the host it names,
// or for a page of the user it names.
//
// Fields with a kind of their own are not among them (see fieldKind).
func UnkeyedFields(r *message.Request, k *KeyRules, selectors ...store.Selector) string {
	if !Unkeyed(r, k, selectors...) {
		return ""
	}
	return namesOf(r, func(x *wire.Field) bool { return unkeyed(x, k, selectors) })
}

// Unkeyed reports whether UnkeyedFields has something to return. It does not
// allocate.
func Unkeyed(r *message.Request, k *KeyRules, selectors ...store.Selector) bool {
	if k.Unknown == SeparateUnknown || slices.Contains(k.Ignore, "*") {
		return false
	}
	for i := range r.Fields.List {
		if unkeyed(&r.Fields.List[i], k, selectors) {
			return true
		}
	}
	return false
}

func unkeyed(x *wire.Field, k *KeyRules, selectors []store.Selector) bool {
	return kindOf(x) == fieldUnknown && !k.settles(x.Name) && !selectedBy(selectors, x.Name)
}

// Credentials returns the names of the request fields that say who asks, in the
// form of UnkeyedFields. Authorization is always one (RFC 9111 section 3.5).
// Others do not count if the key or Vary tells their values apart, or if the
// rule ignores them: then the origin does not see them.
func Credentials(r *message.Request, k *KeyRules, selectors ...store.Selector) string {
	if !Credentialed(r, k, selectors...) {
		return ""
	}
	return namesOf(r, func(x *wire.Field) bool { return credential(r, x, k, selectors) })
}

// Credentialed reports whether Credentials has something to return. It does not
// allocate.
func Credentialed(r *message.Request, k *KeyRules, selectors ...store.Selector) bool {
	for i := range r.Fields.List {
		if credential(r, &r.Fields.List[i], k, selectors) {
			return true
		}
	}
	return false
}

func credential(r *message.Request, x *wire.Field, k *KeyRules, selectors []store.Selector) bool {
	if x.ID == wire.Authorization {
		return true
	}
	switch kindOf(x) {
	case fieldCredential:
	case fieldIdentity:
		if !believed(r, x, k.Keep) {
			return false
		}
	default:
		return false
	}
	return !k.settles(x.Name) && !selectedBy(selectors, x.Name)
}

// believed reports whether a field of the kind fieldIdentity goes to the origin.
func believed(r *message.Request, x *wire.Field, keep []string) bool {
	return r.Way.Trusted || listsField(keep, x.Name)
}

// forged returns the name of a field that proxies say with who asks, if the key has it
// and the request has it without coming from a trusted proxy; "" for none. Such a field
// would select a response for somebody else. forged allocates only if there is one.
func forged(r *message.Request, k *KeyRules) string {
	if r.Way.Trusted || len(k.Headers) == 0 {
		return ""
	}
	for i := range r.Fields.List {
		x := &r.Fields.List[i]
		if listsField(k.Headers, x.Name) && kindOf(x) == fieldIdentity && !believed(r, x, k.Keep) {
			return textproto.CanonicalMIMEHeaderKey(string(x.Name))
		}
	}
	return ""
}

// namesOf lists the names of the fields for which pass reports true: each once, in one
// spelling, at most maxNames.
func namesOf(r *message.Request, pass func(*wire.Field) bool) string {
	var names []string
	for i := range r.Fields.List {
		if x := &r.Fields.List[i]; pass(x) {
			names = appendNew(names, []byte(textproto.CanonicalMIMEHeaderKey(string(x.Name))))
		}
	}
	return strings.Join(names, ", ")
}

// settles reports whether the rule itself says what a field means: it is in
// the key, or it is ignored by name.
func (k *KeyRules) settles(name []byte) bool {
	return listsField(k.Headers, name) || k.ignores(name)
}

// ignores reports whether the rule's Ignore has the field, or its prefix. A shared
// fetch leaves such a field out. "*" alone does not count here: it only lets
// responses be stored, and the fields that it covers are sent.
func (k *KeyRules) ignores(name []byte) bool {
	for _, pattern := range k.Ignore {
		if pattern != "*" && matchesField(pattern, name) {
			return true
		}
	}
	return false
}

func selectedBy(selectors []store.Selector, name []byte) bool {
	for _, sel := range selectors {
		for _, selected := range sel {
			if wire.EqualFold(name, selected) {
				return true
			}
		}
	}
	return false
}

// kindOf does not allocate.
func kindOf(x *wire.Field) fieldKind {
	if x.ID == wire.XHTTPMethodOverride {
		return fieldMethod
	}
	if x.ID != wire.Other {
		if knownByID[x.ID] {
			return fieldHarmless
		}
		return fieldUnknown
	}
	var buf [128]byte
	name := buf[:0]
	for _, c := range x.Name { // a longer name than any in the tables allocates
		name = append(name, wire.Lower(c))
	}
	switch {
	case identifies(name):
		return fieldIdentity
	case misleading(name):
		return fieldMisleading
	case methodNames[string(name)]:
		return fieldMethod
	case switching(name):
		return fieldSwitching
	case harmlessNames[string(name)]:
		return fieldHarmless
	case transitNames[string(name)]:
		return fieldTransit
	case carriesCredential(name):
		return fieldCredential
	case hasPrefixOf(name, harmlessPrefixes):
		return fieldHarmless
	case hasPrefixOf(name, transitPrefixes):
		return fieldTransit
	}
	return fieldUnknown
}

// switchesByName reports whether x is part of every key.
func switchesByName(x *wire.Field) bool { return maySwitch(x) && kindOf(x) == fieldSwitching }

// maySwitch tells most fields apart by their first two letters. It is asked of each
// field of each request, and must be inlined.
func maySwitch(x *wire.Field) bool {
	return x.ID == wire.Other && len(x.Name) > 2 && switchLetters[x.Name[0]]&switchSeconds[x.Name[1]] != 0
}

// switchLetters and switchSeconds have a bit for each two letters that the names in
// switchingNames and switchingPrefixes begin with.
var switchLetters, switchSeconds = func() (first, second [256]uint8) {
	for bit, pair := range []string{"x-", "hx", "tu", "ne", "rs", "da"} {
		for _, c := range []byte{pair[0], pair[0] &^ 0x20} {
			first[c] |= 1 << bit
		}
		for _, c := range []byte{pair[1], pair[1] &^ 0x20} {
			second[c] |= 1 << bit
		}
	}
	second['-'] |= 1
	return first, second
}()

func hasPrefixOf(name []byte, prefixes []string) bool {
	for _, p := range prefixes {
		if len(name) >= len(p) && string(name[:len(p)]) == p {
			return true
		}
	}
	return false
}

func hasSuffixOf(name []byte, suffixes []string) bool {
	for _, s := range suffixes {
		if len(name) >= len(s) && string(name[len(name)-len(s):]) == s {
			return true
		}
	}
	return false
}

// misleading knows, in lower case, the fields by which servers and frameworks
// let a proxy overrule what the request says. Many origins take "_" for "-", so
// that names with one could pass for any of these.
func misleading(name []byte) bool {
	if hasPrefixOf(name, ownPrefixes) {
		return false
	}
	return misleadingNames[string(name)] || misleadingPrefixes.begin(name) && !switching(name) || hasSuffixOf(name, misleadingSuffixes) ||
		bytes.IndexByte(name, '_') >= 0
}

// identifies reports whether a proxy says who asks with a field of this name, in lower
// case.
func identifies(name []byte) bool { return identityNames[string(name)] || identityPrefixes.begin(name) }

// switching knows, in lower case, the fields by which libraries ask for a
// fragment or for data instead of a page, whether or not Vary says so.
func switching(name []byte) bool {
	return switchingNames[string(name)] || hasPrefixOf(name, switchingPrefixes)
}

// carriesCredential knows, in lower case, the fields that say who asks.
func carriesCredential(name []byte) bool {
	if credentialNames[string(name)] || hasPrefixOf(name, credentialPrefixes) {
		return true
	}
	if hasPrefixOf(name, browserPrefixes) {
		return false
	}
	for _, word := range credentialWords {
		if bytes.Contains(name, word) {
			return true
		}
	}
	return false
}
