package edge

import (
	"fmt"
	"strings"
	"testing"

	"brink/conf"
	"brink/edge/wire"
	"brink/store"
)

// sitesOf compiles a site for each name, with the hosts given, and one that
// answers by itself.
func sitesOf(t *testing.T, hosts ...string) *tables {
	t.Helper()
	var b strings.Builder
	for i, h := range hosts {
		fmt.Fprintf(&b, "site \"s%d\" {\n hosts = [%s]\n respond {}\n}\n", i, h)
	}
	compiled, err := compile(parseConf(t, b.String()), nil)
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
		tables *tables
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
		if s := c.tables.site([]byte(c.host)); s != nil {
			got = s.name
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
	compiled, err := compile(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := compiled.sites[0]
	for path, want := range map[string]string{
		"/a/b": "/a/b", "/a/c": "/a/*", "/a/": "/a/*", "/a/b/c": "/a/**", "/b/b": "/*/b", "/": "/**", "/b": "/**",
	} {
		if got := s.rule([]byte(path)).pattern.text; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := s.rule([]byte("*")); got != s.rest {
		t.Errorf("*: %q", got.pattern.text)
	}
}

func TestFindingDoesNotAllocate(t *testing.T) {
	tables := sitesOf(t, `"a.test"`, `"*.a.test"`)
	host, path := []byte("x.y.a.test"), []byte("/a/b/c")
	if n := testing.AllocsPerRun(100, func() { tables.site(host).rule(path) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestEdits(t *testing.T) {
	e := compileEdits(conf.Edits{
		Remove: []string{"X-Gone", "COOKIE"},
		Set:    []conf.Field{{Name: "X-Set", Value: "new"}, {Name: "Accept-Encoding", Value: "br"}},
	})
	for _, c := range []struct{ in, want string }{
		{"", "X-Set: new|Accept-Encoding: br"},
		{"X-Kept: 1|x-gone: 2|Cookie: a=b|Cookie: c=d", "X-Kept: 1|X-Set: new|Accept-Encoding: br"},
		{"X-SET: old|Via: x|X-Set: older", "Via: x|X-Set: new|Accept-Encoding: br"},
		{"Accept-Encoding: gzip|Via: x", "Via: x|X-Set: new|Accept-Encoding: br"},
	} {
		var f wire.Fields
		var src, dst store.Head
		src.Begin(200, wire.StatusLine(200))
		for line := range strings.SplitSeq(c.in, "|") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				f.Append([]byte(name), []byte(value))
				src.AddString(name, value)
			}
		}
		e.fields(&f)
		var got []string
		for i := range f.List {
			got = append(got, fmt.Sprintf("%s: %s", f.List[i].Name, f.List[i].Value))
		}
		if joined := strings.Join(got, "|"); joined != c.want {
			t.Errorf("fields of %q: %q, want %q", c.in, joined, c.want)
		}
		if string(f.Get(wire.AcceptEncoding)) != "br" || f.Has(wire.Cookie) || f.Has(wire.Via) != strings.Contains(c.in, "Via") {
			t.Errorf("index of %q is wrong", c.in)
		}
		e.head(&dst, &src, wire.Other)
		want := "HTTP/1.1 200 OK\r\n" + strings.ReplaceAll(c.want, "|", "\r\n") + "\r\n"
		if string(dst.Block) != want || dst.Status != 200 {
			t.Errorf("head of %q: %q", c.in, dst.Block)
		}
	}
}

// Request fields that are removed or set on the way to the origin cannot
// select its response.
func TestEditedFieldsAreKeyed(t *testing.T) {
	r := newRig(t, `request {
    remove = ["X-Odd"]
    set    = { "X-Token" = "secret" }
  }`, numbered("Cache-Control: max-age=60"))
	r.get("/a", "X-Odd: 1", "X-Token: mine").want(t, 200, "stored", "body 1")
	asked := r.origin.last()
	if asked.field("X-Odd") != "" || asked.field("X-Token") != "secret" {
		t.Errorf("%v", asked.fields)
	}
}

// Edits of the response are made to each reply, and once.
func TestResponseEdits(t *testing.T) {
	r := newRig(t, `
  response {
    remove = ["Server"]
    set    = { "X-Frame" = "DENY" }
  }
  path "/fixed" {
    respond { status = 404 }
  }
  path "/moved" {
    redirect { to = "/fixed" }
  }
  path "/off" { cache = "off" }
`, func(a *ask) {
		if a.target == "/down" {
			a.hangUp()
			return
		}
		a.give(200, "body", "Cache-Control: max-age=60", `ETag: "1"`, "Server: x", "X-Frame: origin")
	})
	for _, c := range []struct {
		name, method, target string
		fields               []string
		status               int
	}{
		{"miss", "GET", "/a", nil, 200},
		{"hit", "GET", "/a", nil, 200},
		{"HEAD", "HEAD", "/a", nil, 200},
		{"not modified", "GET", "/a", []string{`If-None-Match: "1"`}, 304},
		{"range", "GET", "/a", []string{"Range: bytes=0-0"}, 206},
		{"ranges", "GET", "/a", []string{"Range: bytes=0-0, 2-2"}, 206},
		{"no range", "GET", "/a", []string{"Range: bytes=9-"}, 416},
		{"pass", "POST", "/a", nil, 200},
		{"off", "GET", "/off", nil, 200},
		{"fixed", "GET", "/fixed", nil, 404},
		{"redirect", "GET", "/moved", nil, 302},
		{"refused", "TRACE", "/a", nil, 405},
		{"failed", "GET", "/down", nil, 502},
		{"only if cached", "GET", "/never", []string{"Cache-Control: only-if-cached"}, 504},
	} {
		g := r.do(c.method, c.target, c.fields...)
		if g.status != c.status || len(g.fields.Values("X-Frame")) != 1 || g.field("X-Frame") != "DENY" || g.field("Server") != "" {
			t.Errorf("%s: %d %v", c.name, g.status, g.fields)
		}
	}
}

// A set Content-Type is that of the parts; the multipart body has its own.
func TestMultipartKeepsItsType(t *testing.T) {
	r := newRig(t, `response {
    set = { "Content-Type" = "text/x-set" }
  }`, always(200, "0123456789", "Cache-Control: max-age=60", "Content-Type: text/plain"))
	r.get("/a").want(t, 200, "", "0123456789")
	r.quiet()
	g := r.get("/a", "Range: bytes=0-1, 5-6")
	if kind := g.field("Content-Type"); g.status != 206 || !strings.HasPrefix(kind, "multipart/byteranges; boundary=") {
		t.Errorf("%d %q", g.status, kind)
	}
	if kind := r.get("/a", "Range: bytes=0-1").field("Content-Type"); kind != "text/x-set" {
		t.Errorf("%q", kind)
	}
}
