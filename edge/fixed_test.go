package edge

import (
	"strings"
	"testing"
)

func TestRedirect(t *testing.T) {
	r := newRig(t, `
  path "/path/**"  {
    redirect { to = "https://b.test{path}" }
  }
  path "/all/**"   {
    redirect { to = "https://{host}/x{path}?{query}" }
  }
  path "/query"    {
    redirect { to = "/new?from={path}&{query}" }
  }
  path "/status"   {
    redirect {
      to     = "/x"
      status = 308
    }
  }
`, always(200, ""))
	for _, c := range []struct {
		target string
		status int
		want   string
	}{
		{"/path/a", 302, "https://b.test/path/a"},
		{"/path/a?b", 302, "https://b.test/path/a"},
		{"/path/%0d%0aX:%20y", 302, "https://b.test/path/%0D%0AX:%20y"},
		{"/path//evil.test", 302, "https://b.test/path//evil.test"},
		{"/path/../path/x", 302, "https://b.test/path/x"},
		{"/all/a", 302, "https://a.test/x/all/a"},
		{"/all/a?", 302, "https://a.test/x/all/a"},
		{"/all/a?b=c&d", 302, "https://a.test/x/all/a?b=c&d"},
		{"/all/a?b?", 302, "https://a.test/x/all/a?b?"},
		{"/all/a?%0d%0a", 302, "https://a.test/x/all/a?%0d%0a"},
		{"/query?x=%22", 302, "/new?from=/query&x=%22"},
		{"/status?x", 308, "/x"},
	} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			g := r.do(method, c.target)
			if g.status != c.status || g.field("Location") != c.want || g.body != "" || g.length != 0 {
				t.Errorf("%s %s: %d %q, want %q", method, c.target, g.status, g.field("Location"), c.want)
			}
			if g.cache != "edge-1; detail=redirect-rule" && g.cache != "detail=redirect-rule" || g.field("Date") == "" {
				t.Errorf("%s: %v", c.target, g.fields)
			}
		}
	}
	r.asked(0)
}

// A redirect's target cannot become that of another host, whatever is asked.
func FuzzRedirect(f *testing.F) {
	r := newRig(f, `
  path "/a**" {
    redirect { to = "/b{path}?{query}" }
  }
  path "/**" {
    redirect { to = "https://b.test{path}?{query}" }
  }
`, always(200, ""))
	for _, target := range []string{"/", "//evil.test", "/a//evil.test", "/%0d%0a", "/a?//x", "/a/..//x", "/\\evil", "/a?\r\n"} {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		if !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " #\\") {
			return
		}
		for i := range len(target) {
			if target[i] <= ' ' || target[i] >= 0x7f {
				return
			}
		}
		c := r.client()
		if !c.tryAsk("GET", target) {
			return
		}
		c.serve()
		g := c.reply()
		c.done()
		to := g.field("Location")
		if !strings.HasPrefix(to, "/b/") && !strings.HasPrefix(to, "https://b.test/") || strings.ContainsAny(to, "\r\n") {
			t.Fatalf("%q leads to %q", target, to)
		}
	})
}

func TestRespond(t *testing.T) {
	r := newRig(t, `
  path "/text" {
    respond { body = "User-agent: *\n" }
  }
  path "/typed" {
    respond {
      status  = 410
      body    = "{}"
      headers = { "content-type" = "application/json", "X-A" = "b" }
    }
  }
  path "/empty" {
    respond { status = 204 }
  }
`, always(200, ""))
	for _, c := range []struct {
		target string
		status int
		kind   string
		body   string
	}{
		{"/text", 200, "text/plain; charset=utf-8", "User-agent: *\n"},
		{"/typed", 410, "application/json", "{}"},
		{"/empty", 204, "", ""},
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			g := r.do(method, c.target)
			body := c.body
			if method == "HEAD" {
				body = ""
			}
			if g.status != c.status || g.body != body || g.length != int64(len(c.body)) || g.field("Content-Type") != c.kind || !g.quick {
				t.Errorf("%s %s: %d %q %v", method, c.target, g.status, g.body, g.fields)
			}
		}
	}
	if g := r.get("/typed"); g.field("X-A") != "b" {
		t.Errorf("%v", g.fields)
	}
	r.asked(0)
}

// A site whose every rule answers by itself needs no origin.
func TestSiteWithoutOrigin(t *testing.T) {
	o := newFakeOrigin(t, always(200, ""))
	r := startRig(t, o, `
node { id = "edge-1" }
log { access = "off" }
site "old" {
  hosts = ["*"]
  redirect { to = "https://new.test{path}" }
}`)
	if g := r.get("/a"); g.status != 302 || g.field("Location") != "https://new.test/a" {
		t.Errorf("%d %v", g.status, g.fields)
	}
	r.get("/", "Host: b.test").want(t, 302, "", "")
}
