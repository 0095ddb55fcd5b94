package store

import (
	"testing"

	"brink/purge"
)

// part returns a part of a key text, with its length before it.
func part(s string) string {
	n := len(s)
	return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + s
}

func TestSubjectOf(t *testing.T) {
	url, site, tags := Key{1, 2}, purge.ID{Hi: 3}, []purge.ID{{Hi: 4}}
	for _, c := range []struct{ text, host, path string }{
		{part("http") + part("a.test") + part("/x/y"), "a.test", "/x/y"},
		{part("http") + part("a.test:8080") + part("/x?q=1"), "a.test:8080", "/x"},
		{part("http") + part("a.test") + part("/x") + part("gzip"), "a.test", "/x"},
		{part("http") + part("") + part(""), "", ""},
		{"/a", "", ""},
		{"", "", ""},
		{part("http") + "\xff\xff\xff\xffa.test", "", ""},
	} {
		s := subjectOf(url, c.text, site, tags)
		if s.Host != c.host || s.Path != c.path || s.URL != url.URL() || s.Site != site || len(s.Tags) != 1 {
			t.Errorf("%q: %+v", c.text, s)
		}
	}
}

func TestPackChecked(t *testing.T) {
	for _, v := range []purge.Verdict{purge.Untouched, purge.Soft, purge.Doubtful, purge.Hard} {
		for _, version := range []uint64{0, 1, 1<<62 - 1} {
			if n, got := unpackChecked(packChecked(version, v)); n != version || got != v {
				t.Errorf("%d %v: %d %v", version, v, n, got)
			}
		}
	}
}

// A verdict is looked up anew only after a purge.
func TestVerdictIsKept(t *testing.T) {
	s := open(t, Options{})
	o := whole(s, "/a", []byte("a"))
	if v := s.Verdict(o); v != purge.Untouched {
		t.Fatal(v)
	}
	before := o.checked.Load()
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: s.Hash([]byte("/b")).URL()})
	if v := s.Verdict(o); v != purge.Untouched || o.checked.Load() == before {
		t.Errorf("%v; checked at the old version", v)
	}
	s.purges.Put(purge.Rule{Kind: purge.URL, ID: o.Primary.URL(), Soft: true})
	if v := s.Verdict(o); v != purge.Soft {
		t.Error(v)
	}
	if v := s.VerdictSince(o, s.purges.Latest()); v != purge.Untouched {
		t.Errorf("%v since the newest purge", v)
	}
}
