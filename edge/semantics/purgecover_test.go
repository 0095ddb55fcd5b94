package semantics

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"brink/edge/message"
	"brink/purge"
)

// A regular expression is refused, or what it matches from the beginning of a URL is
// purged.
func TestPurgePatternCoversAll(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func(n int, parts ...string) string {
		s := "/"
		for range random.IntN(n) {
			s += parts[random.IntN(len(parts))]
		}
		return s
	}
	taken, matched := 0, 0
	for range 200_000 {
		target := text(7, "a", "b", "/", ".", ".*", "$", "%24", "%5C", "%5C.", "%5C?", "%5C%3F", "%3F", "%5C%2F", "%28", "a%7Cb", "%2B", "%2A", "%5C%2A", "=")
		var u message.URL
		if _, fault := message.ParseURL(&u, "http", []byte("a.test"), []byte(target), nil); fault != message.URLOK {
			continue
		}
		r := getAt(t, "http://a.test"+target, "")
		r.Fields.Append([]byte("X-Purge-Method"), []byte("regex"))
		r.Verb, r.Method = []byte("PURGE"), message.PURGE
		items, why := PurgeItems(r, "shop", false)
		if why != message.ReasonNone {
			continue
		}
		taken++
		pattern, err := regexp.Compile("^" + string(unescaped(r.URL.Target)))
		if err != nil {
			t.Fatalf("%s is no pattern, but is taken for %s", target, items[0].Name)
		}
		for range 10 {
			url := text(6, "a", "b", "/", ".", "?", "$", "*", "=", "ab")
			if !pattern.MatchString(url) {
				continue
			}
			matched++
			if !covers(t, items[0], url) {
				t.Errorf("%s matches %s, but purges %v %s", pattern, url, items[0].Kind, items[0].Name)
			}
		}
	}
	if taken < 10_000 || matched < 10_000 {
		t.Errorf("%d patterns were taken, %d URLs matched", taken, matched)
	}
}

// covers reports whether an item covers a URL of the host a.test.
func covers(t *testing.T, item purge.Item, url string) bool {
	t.Helper()
	item, err := item.Plain()
	if err != nil {
		return true // it is refused
	}
	name := strings.ReplaceAll(strings.TrimPrefix(item.Name, "a.test"), "%2A", "*")
	path, _, _ := strings.Cut(url, "?")
	switch item.Kind {
	case purge.URL:
		return url == name
	case purge.Stem:
		return strings.HasPrefix(path, name)
	case purge.Prefix:
		return path == name || strings.HasPrefix(path, strings.TrimSuffix(name, "/")+"/")
	}
	return item.Kind == purge.Site
}
