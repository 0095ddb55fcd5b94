package purge

import "testing"

func TestWithoutPort(t *testing.T) {
	for host, want := range map[string]string{
		"a.test": "a.test", "a.test:80": "a.test", "a.test:": "a.test", "[::1]": "[::1]", "[::1]:8080": "[::1]",
		"": "", ":80": "", "8080": "8080", "a.test:80x": "a.test:80x",
	} {
		if got := withoutPort(host); got != want {
			t.Errorf("%q: %q", host, got)
		}
	}
}

// Names of different kinds, scopes and seeds have different IDs, and a port makes none.
func TestIDs(t *testing.T) {
	const n, other = Names(1), Names(2)
	ids := map[ID]string{}
	for name, id := range map[string]ID{
		"host": n.Host("a"), "site": n.Site("a"), "tag": n.Tag("a"), "prefix": n.Prefix("a", ""), "stem": n.Stem("a", ""),
		"group": n.Group("a", ""), "host of another": other.Host("a"), "tag of a site": n.SiteTag(n.Site("a"), n.Tag("a")),
		"prefix of a path": n.Prefix("a", "/"), "stem of a path": n.Stem("a", "/"),
	} {
		if same, taken := ids[id]; taken {
			t.Errorf("%s and %s have one ID", name, same)
		}
		ids[id] = name
	}
	if n.Host("a:80") != n.Host("a") || n.Prefix("a:80", "/") != n.Prefix("a", "/") || n.Stem("a:80", "/") != n.Stem("a", "/") {
		t.Error("the port counts")
	}
}

func TestKindString(t *testing.T) {
	for k, want := range map[Kind]string{URL: "url", SiteTag: "tag of a site", Group: "group", All: "all", 200: "kind 200"} {
		if k.String() != want {
			t.Errorf("%d: %s", uint8(k), k)
		}
	}
}
