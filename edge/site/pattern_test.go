package site

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		// Exact.
		{"/a", "/a", true},
		{"/a", "/a/", false},
		{"/a", "/", false},
		{"/a", "/A", false},
		{"/", "/", true},

		// "*" stays within a segment, which may be empty.
		{"/a/*", "/a/", true},
		{"/a/*", "/a/b", true},
		{"/a/*", "/a/b/", false},
		{"/a/*", "/a/b/c", false},
		{"/a/*", "/a", false},
		{"/*/c", "/b/c", true},
		{"/*/c", "/b/b/c", false},
		{"/*.css", "/a.css", true},
		{"/*.css", "/.css", true},
		{"/*.css", "/a/b.css", false},
		{"/*.css", "/a.css.css", true},
		{"/*.css", "/a.csss", false},
		{"/a*b*c", "/aXbYc", true},
		{"/a*b*c", "/abcabc", true},
		{"/a*b*c", "/ab/c", false},
		{"/*/*", "/a/b", true},
		{"/*/*", "/a", false},

		// "**" crosses them.
		{"/**", "/", true},
		{"/**", "/a/b/c", true},
		{"/a/**", "/a/", true},
		{"/a/**", "/a", false},
		{"/a**", "/a", true},
		{"/**/c", "/b/b/c", true},
		{"/**/c", "/c", false},
		{"/**.js", "/a/b.js", true},
		{"/**/a/**/b", "/x/a/y/a/z/b", true},
		{"/**/*.jpg", "/x/y/z.jpg", true},
		{"/**/*.jpg", "/z.jpg", false},
		{"/**x*y/z", "/ax/xby/z", true},
		{"/**x*y/z", "/ax/by/z", false},

		// An escaped slash is no slash.
		{"/@*", "/@scope%2Fname", true},
		{"/@**", "/@scope%2Fname", true},
		{"/@*", "/@scope/name", false},
		{"/@**", "/@scope/name", true},

		// The asterisk form of OPTIONS is no path.
		{"/**", "*", false},
		{"/*", "*", false},
	} {
		p := parsePattern(c.pattern)
		if got := p.match([]byte(c.path)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.path, got)
		}
	}
}

func TestExtension(t *testing.T) {
	for text, want := range map[string]string{
		"/**.css": "css", "/static/**.js": "js", "/*.CSS": "css", "/img/*.min.js": "js", "/a/*/style.css": "css", "/**/*.woff2": "woff2", "/**.7z": "7z",
		"/static/**": "", "/site.css": "", "/**.*": "", "/v1.0/*": "", "/*.0": "", "/a.b/**": "", "/*": "", "/**.css/": "", "/*.tar.gz": "gz", "/*.": "",
	} {
		p := parsePattern(text)
		if got := p.extension(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The first that matches is the rule, whatever the order in the file.
func TestSpecificity(t *testing.T) {
	order := []string{
		"/a/b/c/*.css", "/a/b/c/*", "/a/b/c/**", // the longest literal prefix
		"/a/b/*/c", "/a/b/*", "/a/b/**/c/d", "/a/b/**/c", "/a/b/**", // within segments, then longer
		"/a/b*", "/a/b**",
		"/a*", "/a**",
		"/*/x", "/*/y", "/*", "/**",
	}
	s := &Site{}
	for range 20 {
		s.globs = nil
		for _, i := range rand.Perm(len(order)) {
			s.globs = append(s.globs, &Rule{pattern: parsePattern(order[i])})
		}
		sortRules(s.globs)
		for i, want := range order {
			if got := s.globs[i].pattern.text; got != want {
				t.Fatalf("rule %d is %q, want %q", i, got, want)
			}
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	p := parsePattern("/a/**/b/*.css")
	path := []byte("/a/x/y/b/z.css")
	if n := testing.AllocsPerRun(100, func() { p.match(path) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// A pattern of many stars and a path that just fails take no longer than the
// product of their lengths.
func TestMatchTakesBoundedTime(t *testing.T) {
	p := parsePattern("/" + strings.Repeat("**a*a", 200) + "/b")
	if p.match([]byte("/" + strings.Repeat("a", 16<<10))) {
		t.Error("matches")
	}
}

// Nor does a star behind "**" make the time grow with the square of the path.
func TestMatchGrowsWithThePath(t *testing.T) {
	p := parsePattern("/**a*b/c")
	path := []byte("/" + strings.Repeat("a", 16<<10) + "/x")
	best := time.Hour
	for range 20 { // the machine may be busy
		began := time.Now()
		if p.match(path) {
			t.Fatal("matches")
		}
		if best = min(best, time.Since(began)); best < 5*time.Millisecond {
			return
		}
	}
	t.Errorf("takes %v", best)
}

// naive is the definition of a match.
func naive(glob, s string) bool {
	switch {
	case glob == "":
		return s == ""
	case strings.HasPrefix(glob, "**"):
		return naive(glob[2:], s) || s != "" && naive(glob, s[1:])
	case glob[0] == '*':
		return naive(glob[1:], s) || s != "" && s[0] != '/' && naive(glob, s[1:])
	}
	return s != "" && s[0] == glob[0] && naive(glob[1:], s[1:])
}

func FuzzPattern(f *testing.F) {
	f.Add("/a/*b/**/c*", "/a/xb/y/z/cd")
	f.Add("/**a*b/c", "/ab/xab/c")
	f.Add("/*a*/**b*", "/xaya/zb/b")
	f.Add("/**/*/**", "///")
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 24 || len(path) > 32 || strings.Contains(pattern, "***") {
			return
		}
		p := parsePattern(pattern)
		if got, want := p.match([]byte(path)), naive(pattern, path); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, path, got, want)
		}
	})
}

// Short random patterns and paths of few letters meet every case of going back.
func TestPatternIsAsDefined(t *testing.T) {
	draw := func(alphabet []string, n int) string {
		var b strings.Builder
		for range rand.IntN(n) {
			b.WriteString(alphabet[rand.IntN(len(alphabet))])
		}
		return b.String()
	}
	for range 200000 {
		pattern := "/" + draw([]string{"a", "b", "/", "*", "**"}, 8)
		path := "/" + draw([]string{"a", "b", "/"}, 10)
		if strings.Contains(pattern, "***") {
			continue
		}
		p := parsePattern(pattern)
		if got, want := p.match([]byte(path)), naive(pattern, path); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, path, got, want)
		}
	}
}
