package semantics

import (
	"bytes"

	"brink/edge/message"
	"brink/edge/wire"
)

// SignedAway reports whether the signature in Authorization covers the method or a field that
// a shared fetch leaves out or changes. The origin would refuse such a fetch. Clients of
// object storage sign most of what they send. found says that a response is stored for the
// request: then the fetch leaves out its Range, too.
//
// Signatures name the fields (AWS4-HMAC-SHA256, GOOG4-HMAC-SHA256, Signature), or
// cover a fixed set of them (AWS, SharedKey, SharedKeyLite, GOOG1).
func SignedAway(r *message.Request, rules *Rules, found bool) bool {
	v := r.Fields.Get(wire.Authorization)
	if len(v) == 0 || rules.Key.ignores(wire.Authorization.Bytes()) {
		return false
	}
	var list []byte
	var sep byte = ';'
	switch {
	case beginsWith(v, "AWS4-"), beginsWith(v, "GOOG4-"):
		_, list, _ = bytes.Cut(v, []byte("SignedHeaders="))
		list, _ = cutByte(list, ',')
	case beginsWith(v, "Signature "):
		_, list, _ = bytes.Cut(v, []byte(`headers="`))
		list, _ = cutByte(list, '"')
		sep = ' '
	case beginsWith(v, "AWS "), beginsWith(v, "SharedKey "), beginsWith(v, "SharedKeyLite "), beginsWith(v, "GOOG1 "):
		list = []byte("date;content-type;content-md5;if-none-match;if-modified-since;range")
	default:
		return false
	}
	if r.Method == message.HEAD {
		return true // the method is signed, and a shared fetch is a GET
	}
	var name []byte
	for n := 0; len(list) > 0 && n < maxSigned; n++ {
		name, list = cutByte(list, sep)
		if signedAway(&r.Fields, wire.Trim(name), rules, found) {
			return true
		}
	}
	return false
}

// maxSigned is how many signed fields are looked at.
const maxSigned = 32

// signedAway reports whether f has a field, and a shared fetch leaves it out or
// changes it.
func signedAway(f *wire.Fields, name []byte, rules *Rules, found bool) bool {
	id := wire.NameOf(name)
	switch id {
	case wire.AcceptEncoding:
		return f.Has(id) && !bytes.Equal(f.Get(id), normalEncoding(f))
	case wire.Range, wire.IfRange:
		return f.Has(id) && found
	case wire.Other:
		return meaningless(name) && hasNamed(f, name)
	}
	return f.Has(id) && rules.drops(&wire.Field{Name: name, ID: id})
}

func hasNamed(f *wire.Fields, name []byte) bool {
	for i := range f.List {
		if wire.EqualFold(f.List[i].Name, string(name)) {
			return true
		}
	}
	return false
}

func beginsWith(v []byte, scheme string) bool {
	return len(v) > len(scheme) && string(v[:len(scheme)]) == scheme
}
