package semantics

import (
	"brink/edge/wire"
	"brink/store"
)

// OwnFields turns the fields of a client's request into those of a request that the
// node makes for the same stored response by itself. What the key and the selectors
// tell responses apart by stays, and so does Accept-Encoding, which goes along in its
// normal form. The rest is the node's own: the origin's answer depends on no other
// field of that client.
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

// tellsApart reports whether stored responses are told apart by x.
func (k *KeyRules) tellsApart(x *wire.Field, selectors []store.Selector) bool {
	switch x.ID {
	case wire.CacheControl, wire.Pragma:
		return false // they ask the node
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
