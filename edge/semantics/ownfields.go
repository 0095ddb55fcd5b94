package semantics

import (
	"brink/edge/wire"
	"brink/store"
)

// OwnFields turns the fields of a client's request into those of a request of the node's
// own for the same stored response. It keeps the fields of the key and the selectors,
// and Accept-Encoding in its normal form. The others are the node's own, so that the
// origin's answer depends on no other field of that client.
//
// A field of the key or the selectors that the client did not send is not sent.
func OwnFields(f *wire.Fields, k *KeyRules, selectors ...store.Selector) {
	kept := f.List
	f.Reset()
	for i := range kept {
		if x := &kept[i]; x.ID == wire.AcceptEncoding || k.tellsApart(x, selectors) {
			f.Append(x.Name, x.Value)
		}
	}
	for _, own := range nodesOwn {
		if !listsField(k.Headers, own.Name) && !selectedBy(selectors, own.Name) {
			f.Append(own.Name, own.Value)
		}
	}
}

// tellsApart reports whether the key or the selectors have x.
func (k *KeyRules) tellsApart(x *wire.Field, selectors []store.Selector) bool {
	switch x.ID {
	case wire.CacheControl, wire.Pragma:
		return false // they are meant for the node
	case wire.Cookie:
		if len(k.Cookies) > 0 {
			return true
		}
	}
	return listsField(k.Headers, x.Name) || selectedBy(selectors, x.Name) || ofItself(x, k)
}

var nodesOwn = []wire.Field{
	{Name: []byte("User-Agent"), Value: []byte("brink")},
	{Name: []byte("Accept"), Value: []byte("*/*")},
}
