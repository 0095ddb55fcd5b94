package edge

import (
	"context"
	"slices"
	"strings"
	"testing"

	"brink/purge"
)

// Paths that can be read in two ways are passed; a rule may have those stored
// whose spelling makes them a page of their own. Then the key, the origin and a
// purge all have that spelling.
func TestSuspectPaths(t *testing.T) {
	literal := []string{"/npm/@scope%2Fname", "/npm/what%3Fnow", "/npm//twice", "/npm/@scope%2Fname?v=1"}
	r := newRig(t, `
  path "/npm/**" {
    suspect_paths = "cache"
  }
  purge { allow = ["192.0.2.0/24"] }`, func(a *ask) { a.give(200, a.target, "Cache-Control: max-age=60") })
	for _, target := range append(literal, "/npm/@scope/name", "/npm/what?now", "/npm/twice", "/npm/@scope/name?v=1") {
		r.get(target).want(t, 200, "stored", target)
		r.quiet()
		r.get(target).want(t, 200, "hit", target)
	}
	r.get("/npm/@scope%2fname").want(t, 200, "hit", "/npm/@scope%2Fname")
	for _, target := range []string{"/a%2Fb", "/npm/a%5Cb", "/npm/..%2Fb", "/npm/a%23b", "/npm/a/..;/b"} {
		for range 2 {
			r.get(target).want(t, 200, "fwd=bypass; fwd-status=200; detail=suspect-path", target)
		}
	}

	for i, target := range literal {
		switch i % 2 {
		case 0:
			r.do("PURGE", target).want(t, 200, "", "{\"seq\":"+string(rune('1'+i))+"}\n")
		case 1:
			if _, err := r.node.Purge(context.Background(), []purge.Item{{Kind: purge.URL, Name: "https://a.test" + target}}); err != nil {
				t.Fatal(err)
			}
		}
		r.get(target).want(t, 200, "stored", target)
		r.quiet()
		r.get(target).want(t, 200, "hit", target)
	}
	for _, target := range literal {
		o, ok := r.node.Object(Question{URL: "http://a.test" + target})
		if !ok || o.Length != int64(len(target)) {
			t.Errorf("nothing to explain at %s: %+v", target, o)
		}
	}
	for _, target := range []string{"/npm/@scope/name", "/npm/what?now", "/npm/twice"} {
		r.get(target).want(t, 200, "hit", target) // which are others
	}

	// By prefix, and by a request that changes the page.
	prefix := purge.Item{Kind: purge.Prefix, Name: "a.test/npm/"}
	if _, err := r.node.Purge(context.Background(), []purge.Item{prefix}); err != nil {
		t.Fatal(err)
	}
	for _, target := range literal {
		r.get(target).want(t, 200, "stored", target)
		r.quiet()
	}
	r.do("POST", literal[0])
	r.get(literal[0]).want(t, 200, "stored", literal[0])
	if !slices.ContainsFunc(r.origin.all(), func(a *ask) bool { return a.target == "/npm//twice" }) {
		t.Error("the origin was asked for another path")
	}
}

// A spelling with an escaped slash is a URL of its own, below no folder.
func TestPurgeEscapedSlash(t *testing.T) {
	const escaped, plain = "/@scope%2Fname", "/@scope/name"
	for name, gone := range map[string][2]bool{
		"a.test" + escaped:     {true, false},
		"a.test/@scope%2fname": {true, false},
		"a.test" + plain:       {false, true},
		"a.test/@scope/*":      {false, true},
		"a.test/@scope*":       {true, true},
	} {
		r := newRig(t, `suspect_paths = "cache"`, numbered("Cache-Control: max-age=60"))
		for _, target := range []string{escaped, plain} {
			r.get(target)
			r.quiet()
		}
		if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: name}}); err != nil {
			t.Fatal(err)
		}
		for i, target := range []string{escaped, plain} {
			if g := r.get(target); strings.Contains(g.cache, "fwd=uri-miss") != gone[i] {
				t.Errorf("%s, then %s: %s", name, target, g.cache)
			}
		}
		r.quiet()
	}
}
