package semantics

import (
	"net/textproto"

	"brink/edge/message"
	"brink/edge/wire"
)

// Bypasses returns the part of a request for which the rule sends it past the
// cache, as text for people: "cookie NAME", "header NAME" or "query NAME"; "" if
// there is none. It allocates only if there is one.
func (b *Bypass) Bypasses(r *message.Request) string {
	if len(b.Cookies) > 0 {
		if name := b.cookie(&r.Fields); name != nil {
			return "cookie " + string(name)
		}
	}
	if len(b.Headers) > 0 {
		for i := range r.Fields.List {
			if name := r.Fields.List[i].Name; listsName(b.Headers, name) {
				return "header " + textproto.CanonicalMIMEHeaderKey(string(name))
			}
		}
	}
	for rest := r.URL.Query; len(b.Query) > 0 && len(rest) > 0; {
		var param []byte
		param, rest = cutByte(rest, '&')
		if k := (KeyRules{Params: b.Query}); len(param) > 0 && k.lists(param) {
			name, _ := cutByte(param, '=')
			return "query " + string(name)
		}
	}
	return ""
}

func (b *Bypass) cookie(f *wire.Fields) []byte {
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var pair []byte
			pair, rest = cutByte(rest, ';')
			name, _ := cutByte(trimBlank(pair), '=')
			if listsCookie(b.Cookies, name) {
				return name
			}
		}
	}
	return nil
}
