package site

import (
	"fmt"
	"strings"
	"testing"

	"brink/conf"
)

// sitesOf compiles a site for each name, with the hosts given, and one that
// answers by itself.
func sitesOf(t *testing.T, hosts ...string) *Tables {
	t.Helper()
	var b strings.Builder
	for i, h := range hosts {
		fmt.Fprintf(&b, "site \"s%d\" {\n hosts = [%s]\n respond {}\n}\n", i, h)
	}
	compiled, err := Compile(parseConf(t, b.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// The most specific site has a host: exact, then the longest wildcard, then
// "*".
func TestSites(t *testing.T) {
	some := sitesOf(t, `"a.test", "[::1]", "192.0.2.1"`, `"*.a.test"`, `"*.b.a.test", "B.test"`)
	all := sitesOf(t, `"a.test"`, `"*"`, `"*.a.test"`)
	for _, c := range []struct {
		tables *Tables
		host   string
		want   string
	}{
		{some, "a.test", "s0"},
		{some, "[::1]", "s0"},
		{some, "192.0.2.1", "s0"},
		{some, "x.a.test", "s1"},
		{some, "x.y.a.test", "s1"},
		{some, "b.a.test", "s1"},
		{some, "x.b.a.test", "s2"},
		{some, "x.y.b.a.test", "s2"},
		{some, "b.test", "s2"},
		{some, "x.b.test", ""},
		{some, "xa.test", ""},
		{some, "test", ""},
		{some, "a.test.test", ""},
		{all, "a.test", "s0"},
		{all, "x.a.test", "s2"},
		{all, "test", "s1"},
		{all, "[::1]", "s1"},
	} {
		got := ""
		if s := c.tables.Find([]byte(c.host)); s != nil {
			got = s.Name
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.host, got, c.want)
		}
	}
}

// The most specific rule has a path: exact, then the longest literal prefix,
// then the glob.
func TestRules(t *testing.T) {
	config := parseConf(t, `site "a" {
  hosts = ["*"]
  respond {}
  path "/**" {
    respond {}
  }
  path "/a/**" {
    respond {}
  }
  path "/a/*" {
    respond {}
  }
  path "/a/b" {
    respond {}
  }
  path "/*/b" {
    respond {}
  }
}`)
	compiled, err := Compile(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := compiled.Sites[0]
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/c": "/a/*", "/a/": "/a/*", "/a/b/c": "/a/**", "/b/b": "/*/b", "/": "/**", "/b": "/**",
	} {
		if got := s.Rule([]byte(path)).Pattern(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := s.Rule([]byte("*")); got != s.rest {
		t.Errorf("*: %q", got.Pattern())
	}
}

func TestFindingDoesNotAllocate(t *testing.T) {
	tables := sitesOf(t, `"a.test"`, `"*.a.test"`)
	host, path := []byte("x.y.a.test"), []byte("/a/b/c")
	if n := testing.AllocsPerRun(100, func() { tables.Find(host).Rule(path) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func parseConf(t testing.TB, text string) *conf.Config {
	t.Helper()
	config, err := conf.Parse("test.hcl", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}
