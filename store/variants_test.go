package store

import (
	"brink/purge"

	"fmt"
	"slices"
	"testing"
)

func (s *Store) variants(text string) *Variants {
	if o := s.lookup(text); o != nil {
		return o.Variants
	}
	return nil
}

func TestIndex(t *testing.T) {
	s := open(t, Options{MaxVariants: 3})
	k := s.Hash([]byte("/a"))
	gzip, lang := Selector{"accept-encoding"}, Selector{"accept-encoding", "accept-language"}
	var keys []Key
	for i := range 5 {
		o := whole(s, fmt.Sprint("/a variant ", i), []byte("x"))
		s.put(o)
		keys = append(keys, o.Key)
	}
	add := func(sel Selector, i int) {
		t.Helper()
		if !s.Index(k, "/a", &Object{Selector: sel, Key: keys[i]}) {
			t.Error("not indexed")
		}
	}
	check := func(selectors []Selector, variants ...int) {
		t.Helper()
		v := s.variants("/a")
		want := make([]Key, 0)
		for _, i := range variants {
			want = append(want, keys[i])
		}
		if v == nil || !slices.Equal(v.Keys, want) || !slices.EqualFunc(v.Selectors, selectors, slices.Equal) {
			t.Errorf("index is %+v", v)
		}
	}
	add(gzip, 0)
	check([]Selector{gzip}, 0)
	add(gzip, 1)
	add(gzip, 1)
	check([]Selector{gzip}, 1, 0)
	add(lang, 2)
	check([]Selector{lang, gzip}, 2, 1, 0)
	add(gzip, 0)
	check([]Selector{gzip, lang}, 0, 2, 1)
	add(gzip, 3)
	check([]Selector{gzip, lang}, 3, 0, 2)
	if s.lookup("/a variant 1") != nil || s.lookup("/a variant 0") == nil {
		t.Error("the oldest variant is to be dropped from the store, and no other")
	}
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: k.URL()})
	add(lang, 4)
	check([]Selector{lang}, 4)
}

func TestIndexKeepsPlainResponses(t *testing.T) {
	s := open(t, Options{})
	k := s.Hash([]byte("/a"))
	sel := Selector{"accept-encoding"}
	plain := whole(s, "/a", []byte("plain"))
	s.put(plain)
	s.Index(k, "/a", &Object{Selector: sel, Key: Key{1, 1}})
	if v := s.variants("/a"); v == nil || v.Plain != plain || len(v.Selectors) != 2 || len(v.Selectors[1]) != 0 {
		t.Errorf("a plain response is lost to the index: %+v", v)
	}
	newer := whole(s, "/a", []byte("newer"))
	s.put(newer)
	if v := s.variants("/a"); v == nil || v.Plain != newer || len(v.Selectors[0]) != 0 || len(v.Keys) != 1 {
		t.Errorf("a plain response wipes the index: %+v", v)
	}
	s.Index(k, "/a", &Object{Key: Key{2, 2}})
	if v := s.variants("/a"); v == nil || v.Plain != nil || len(v.Selectors) != 2 || len(v.Keys) != 2 {
		t.Errorf("an indexed variant does not replace the plain response: %+v", v)
	}
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: k.URL()})
	after := whole(s, "/a", []byte("after"))
	s.put(after)
	if o := s.lookup("/a"); o != after {
		t.Error("a purged index is kept")
	}
	s.idle(t)
}

func TestSelectorsAreBounded(t *testing.T) {
	s := open(t, Options{})
	for i := range 100 {
		s.Index(Key{1, 1}, "/a", &Object{Selector: Selector{fmt.Sprint("x-", i)}, Key: Key{2, uint64(i)}})
	}
	o, _ := s.Get(Key{1, 1}, []byte("/a"))
	if n := len(o.Variants.Selectors); n != maxSelectors {
		t.Errorf("%d selectors", n)
	}
	if n := len(o.Variants.Keys); n != defaultVariants {
		t.Errorf("%d variants", n)
	}
}
