package semantics

import (
	"bytes"
	"net/textproto"

	"brink/edge/message"
	"brink/edge/wire"
)

// bypasses returns the part of a request for which the rule sends it past the
// cache, as text for people: "cookie NAME", "header NAME" or "query NAME"; "" if
// there is none. It allocates only if there is one.
func (b *Bypass) bypasses(r *message.Request) string {
	if len(b.Cookies) > 0 {
		if name := b.cookie(&r.Fields); name != nil {
			return "cookie " + string(name)
		}
	}
	if len(b.Headers) > 0 {
		for i := range r.Fields.List {
			if name := r.Fields.List[i].Name; listsField(b.Headers, name) {
				return "header " + textproto.CanonicalMIMEHeaderKey(string(name))
			}
		}
	}
	for rest := r.URL.Query; len(b.Query) > 0 && len(rest) > 0; {
		var param []byte
		param, rest = cutByte(rest, '&')
		if len(param) > 0 && listsParameter(b.Query, param) {
			name, _ := cutByte(param, '=')
			return "query " + string(name)
		}
	}
	return ""
}

// cookie returns the name of the first cookie of f that the block names, or nil.
func (b *Bypass) cookie(f *wire.Fields) []byte {
	cookies := cookiesOf(f)
	for pair, ok := cookies.next(); ok; pair, ok = cookies.next() {
		for len(pair) > 0 {
			var part []byte
			part, pair = cutByte(pair, ',')
			if name := looseName(part); b.names(name) {
				return name
			}
		}
	}
	return nil
}

// looseName is the name of a cookie as the most lenient applications read it:
// without blanks and quotes around it, and without a "=" before it.
func looseName(pair []byte) []byte {
	pair = bytes.TrimLeft(pair, " \t=")
	name, _ := cutByte(pair, '=')
	return bytes.Trim(name, " \t\"")
}

// names reports whether the block names a cookie, in its own spelling or in the one
// that PHP gives it, with "_" for what may not stand in the name of a variable.
func (b *Bypass) names(name []byte) bool {
	if listsCookie(b.Cookies, name) {
		return true
	}
	if !bytes.ContainsAny(name, ". [") {
		return false
	}
	return listsCookie(b.Cookies, bytes.Map(func(c rune) rune {
		if c == '.' || c == ' ' || c == '[' {
			return '_'
		}
		return c
	}, name))
}
