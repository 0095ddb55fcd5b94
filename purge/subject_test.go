package purge

import (
	"slices"
	"strings"
	"testing"
)

// A subject's prefixes and stems come from the shortest on, each once.
func TestPrefixesAndStems(t *testing.T) {
	const names = Names(7)
	for path, want := range map[string]string{
		"/":     "/",
		"/a":    "/ /a",
		"/a/":   "/ /a /a/",
		"/a/b":  "/ /a /a/ /a/b",
		"/a//b": "/ /a /a/ /a/ /a// /a//b",
		"":      "",
	} {
		s := Subject{Host: "a.test:8080", Path: path}
		var got, ids []ID
		s.prefixes(names, func(id ID) bool { got = append(got, id); return true })
		for _, p := range strings.Fields(want) {
			ids = append(ids, names.Prefix("a.test", p))
		}
		if !slices.Equal(slices.Compact(got), slices.Compact(ids)) {
			t.Errorf("%q: %d prefixes, not %s", path, len(got), want)
		}
		got, ids = nil, nil
		s.stems(names, func(id ID) bool { got = append(got, id); return true })
		for i := range path {
			ids = append(ids, names.Stem("a.test", path[:i+1]))
		}
		if !slices.Equal(got, ids) {
			t.Errorf("%q: %d stems", path, len(got))
		}
	}
}

func TestPrefixesEnd(t *testing.T) {
	s := Subject{Host: "a.test", Path: "/a/b/c"}
	n := 0
	s.prefixes(1, func(ID) bool { n++; return n < 3 })
	if n != 3 {
		t.Errorf("%d calls after false", n-3)
	}
	if s.tags(func(ID) bool { return false }) != true {
		t.Error("without tags")
	}
}
