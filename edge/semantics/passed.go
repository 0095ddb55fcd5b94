package semantics

import (
	"bytes"
	"slices"

	"brink/edge/message"
	"brink/edge/wire"
)

// AsShared reports whether a request that was passed on as it came asked the origin for the
// same as a shared fetch with its key. Then the response is for others, too. The request
// must have no field that a shared fetch leaves out, and must not lack a field of the key.
func AsShared(r *message.Request, rules *Rules, resp *Response) bool {
	f, k := &r.Fields, &rules.Key
	for i := f.First(wire.Cookie); i >= 0; i = f.Next(i) {
		if len(k.Cookies) > 0 || k.reduces(f.List[i].Value) {
			return false
		}
	}
	options := f.Options()
	for i := range f.List {
		x := &f.List[i]
		if nominated(&options, x) || kindOf(x) == fieldMisleading && listsField(k.Keep, x.Name) || !asked(r, x) && rules.drops(x) {
			return false
		}
	}
	return askedCoding(f) || !resp.Fields.Has(wire.ContentEncoding) && !variesByCoding(resp.Fields)
}

// asked reports whether a field that a shared fetch leaves out cannot have changed the
// response: the coding, which is compared separately, and the fields about the content of a
// POST, as its response says that it does not depend on them.
func asked(r *message.Request, x *wire.Field) bool {
	switch x.ID {
	case wire.AcceptEncoding:
		return true
	case wire.ContentType, wire.ContentEncoding:
		return r.Method == message.POST
	}
	return false
}

// askedCoding reports whether Accept-Encoding was sent as a shared fetch sends it.
func askedCoding(f *wire.Fields) bool {
	i := f.First(wire.AcceptEncoding)
	if i < 0 {
		return true
	}
	return f.Next(i) < 0 && bytes.Equal(f.List[i].Value, normalEncoding(f))
}

func variesByCoding(f *wire.Fields) bool {
	sel, _ := selects(f)
	return slices.Contains(sel, "accept-encoding")
}
