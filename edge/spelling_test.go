package edge

import (
	"strings"
	"testing"
)

// Some servers read another path than the one that is written: they drop what
// follows ";" in a segment, decode escapes once more, or drop a dot at the end. If
// another rule is for that path, the response is not stored. It may be a page behind
// a wall.
//
// The site has a wall at /account, a rule for /static, one for files by name, and
// nothing else.
func TestSpellings(t *testing.T) {
	const passed, stored = "fwd=bypass; fwd-status=200; detail=suspect-path", "stored"
	r := newRig(t, `
  path "/account" { cache = "off" }
  path "/account/**" { cache = "off" }
  path "/static/**" { ttl = "1h" }
  path "/**.css" {
    ttl      = "1h"
    any_type = true
  }
  path "/page;v=2" { ttl = "1h" }
  path "/maps/*;zoom=*" { ttl = "1h" }`, func(a *ask) { a.give(200, a.target, "Cache-Control: max-age=60") })
	for _, c := range []struct{ target, want string }{
		// Parameters of segments.
		{"/account;x.css", passed},
		{"/account;/x.css", passed},
		{"/account;a=b/x.css", passed},
		{"/static/../;/account/x.css", passed},
		{"/x;/../account;/y.css", passed},
		{"/;/", passed},
		{"/;x/y", passed},
		{"/%3B/account", passed},
		{"/account%3Bx.css", passed},
		{"/static;/x.css", passed},
		{"/static/x.css;v=1", stored},
		{"/static/x;jsessionid=0123456789/y.css", stored},
		{"/app;jsessionid=0123456789", stored},
		{"/app/;jsessionid=0123456789", stored},
		{"/a,b;c=d,e/f", stored},
		{"/a%3Bb", stored},
		{"/a.css;v=1", passed}, // is it for the rule of files?
		{"/page;v=2", stored},  // a rule names this spelling
		{"/page;v=3", stored},  // no rule is for /page
		{"/maps/a;zoom=2", stored},
		{"/static/..;/account", passed},
		{"/static/..%3B/account", passed},
		{"/static/..%3b/account", passed},
		{"/static/..%253b/account", passed},

		// Escapes of escapes.
		{"/static/..%252faccount", passed},
		{"/static/..%252Faccount/x.css", passed},
		{"/static/%252e%252e/account", passed},
		{"/static/%252e%252e%252faccount", passed},
		{"/static%252f..%252faccount", passed},
		{"/static/..%25252faccount", passed},
		{"/static/..%2525252faccount", passed},
		{"/account%252fx.css", passed},
		{"/account%253fx.css", passed},
		{"/account%2523.css", passed},
		{"/account%2500.css", passed},
		{"/account%250a.css", passed},
		{"/account%255cx.css", passed},
		{"/%2561ccount/x.css", passed},
		{"/account%253bx.css", passed},
		{"/100%25", stored},
		{"/100%25/x.css", stored},
		{"/static/100%2525", stored},
		{"/static/a%252Fb.css", stored},
		{"/search/a%252Fb", stored},
		{"/%25C3%25A9.css", stored},

		// Overlong UTF-8.
		{"/static/..%c0%afaccount", passed},
		{"/static/..%c1%9caccount", passed},
		{"/static/..%e0%80%afaccount", passed},
		{"/static/%e0%80%ae%e0%80%ae/account", passed},
		{"/static/..%f0%80%80%afaccount", passed},
		{"/static/..%f8%80%80%80%afaccount", passed},
		{"/static/..%fc%80%80%80%80%afaccount", passed},
		{"/caf%C3%A9.css", stored},
		{"/%E3%83%86%E3%82%B9%E3%83%88", stored},
		{"/%E0%A4%B9%E0%A5%88", stored},
		{"/%F0%9F%98%80", stored},
		{"/caf%E9/voil%E0", stored}, // in Latin-1
		{"/%FCber", stored},

		// Dots and blanks at the end of a segment.
		{"/account.", passed},
		{"/account./x.css", passed},
		{"/account%20/x.css", passed},
		{"/account%20", passed},
		{"/account.%20.", passed},
		{"/wiki/Acme_Inc.", stored},
		{"/static/v1./x.css", stored},
		{"/a%20b.css", stored},
		{"/static/..%20/account", passed},
		{"/static/..%2520/account", passed},
		{"/static/..%20%20/account/x.css", passed},
		{"/static/...%20x", stored},

		// What is passed whatever the rules say.
		{"/static/x%5Cy.css", passed},
		{"/static/x%09y.css", passed},
		{"/static/x%0D%0Ay.css", passed},
		{"/static/%23y.css", passed},
		{"/static//y.css", passed},
		{"/static/x%2Fy.css", passed},
	} {
		if g := r.get(c.target); !strings.Contains(g.cache, c.want) {
			t.Errorf("%s: %s, want %s", c.target, g.cache, c.want)
		}
		r.quiet()
		if g := r.get(c.target); c.want == stored && !strings.Contains(g.cache, "hit") {
			t.Errorf("%s, again: %s", c.target, g.cache)
		}
	}
	// Dots are removed before the rule is looked for.
	r.get("/static/../account").want(t, 200, "fwd=bypass", "/account")
	r.get("/static/%2e%2e/account/x.css").want(t, 200, "fwd=bypass", "/account/x.css")
}
