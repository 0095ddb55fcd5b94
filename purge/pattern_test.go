package purge

import (
	"errors"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		name  string
		kind2 Kind // 0: an error
		want  string
	}{
		{URL, "http://a.test/x?y", URL, "http://a.test/x?y"},
		{URL, "http://a.test/blog/*", Prefix, "http://a.test/blog/"},
		{URL, "a.test/blog/.*", Prefix, "a.test/blog/"},
		{URL, "a.test/blog/**", Prefix, "a.test/blog/"},
		{URL, "a.test/*", Prefix, "a.test/"},
		{URL, "a.test/.*", Prefix, "a.test/"},
		{URL, "a.test/blog*", Stem, "a.test/blog"},
		{URL, "a.test/blog.*", Stem, "a.test/blog"},
		{URL, "a.test/a.html.*", Stem, "a.test/a.html"},
		{Prefix, "a.test/blog/*", Prefix, "a.test/blog/"},
		{Prefix, "https://a.test:8443/blog*", Stem, "https://a.test:8443/blog"},
		{URL, "a.test/x?q=*", Prefix, "a.test/x"},
		{URL, "a.test/x?q=*&page=2", Prefix, "a.test/x"},
		{URL, "a.test?*", Prefix, "a.test"},
		{URL, "a.test/x#*", URL, "a.test/x#*"},
		{URL, "a.test/img/*.jpg", 0, ""},
		{URL, "a.test/*/x/*", 0, ""},
		{URL, "a.test/x*?y", 0, ""},
		{Prefix, "a.test/*/x/", 0, ""},
		{URL, "*.a.test/", 0, ""},
		{URL, "a.*", 0, ""},
		{Host, "*.a.test", 0, ""},
		{Prefix, "a.test/x?*", Prefix, "a.test/x?*"}, // refused later for its query
		{URL, "a.test" + strings.Repeat("/a", MaxDepth-1) + "/*", Prefix, "a.test" + strings.Repeat("/a", MaxDepth-1) + "/"},
		{URL, "a.test" + strings.Repeat("/a", MaxDepth) + "/*", Stem, "a.test" + strings.Repeat("/a", MaxDepth) + "/"},
		{Tag, "a*", Tag, "a*"},
		{SiteTag, "*", SiteTag, "*"},
		{Site, "*", Site, "*"},
	} {
		got, err := Item{Kind: c.kind, Soft: true, Name: c.name}.Plain()
		if c.kind2 == 0 {
			if !errors.Is(err, ErrPattern) {
				t.Errorf("%v %s: %+v, %v", c.kind, c.name, got, err)
			}
			continue
		}
		if want := (Item{Kind: c.kind2, Soft: true, Name: c.want}); err != nil || got != want {
			t.Errorf("%v %s: %+v, %v", c.kind, c.name, got, err)
		}
	}
}
