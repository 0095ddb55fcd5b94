package store

import (
	"testing"

	"brink/purge"
)

func TestReplace(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(s *Store, old *Object)
		want      bool
	}{
		"there":    {func(*Store, *Object) {}, true},
		"replaced": {func(s *Store, old *Object) { s.put(whole(s, old.Text, []byte("newer"))) }, false},
		"dropped":  {func(s *Store, old *Object) { s.Delete(old.Key) }, false},
		"purged":   {func(s *Store, old *Object) { s.purges.Put(purge.Rule{Kind: purge.URL, ID: old.Primary.URL()}) }, false},
		"beside variants": {func(s *Store, old *Object) {
			s.Index(old.Key, old.Text, &Object{Selector: Selector{"x-a"}, Key: s.Hash([]byte("variant"))})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, Options{Purges: purge.NewLog(0, 0)})
			old, renewed := whole(s, "/a", []byte("old")), whole(s, "/a", []byte("renewed"))
			s.put(old)
			c.meanwhile(s, old)
			if got := s.Replace(old, renewed); got != c.want {
				t.Errorf("replaced: %v", got)
			}
			o := s.lookup("/a")
			if o != nil && o.Variants != nil {
				o = o.Variants.Plain
			}
			if (o == renewed) != c.want {
				t.Errorf("stored: %v", o)
			}
		})
	}
	s := open(t, Options{})
	if o := whole(s, "/none", nil); s.Replace(o, whole(s, "/none", nil)) {
		t.Error("replaced what was never there")
	}
}
