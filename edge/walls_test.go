package edge

import (
	"strings"
	"testing"
)

// What a server may take for a page under a wall goes past the cache, whatever rule
// is for the path as it is written.
func TestWalls(t *testing.T) {
	const passed, stored = "fwd=bypass; fwd-status=200; detail=suspect-path", "stored"
	r := newRig(t, `
  ttl = "5m"
  path "/account" { cache = "off" }
  path "/account/**" { cache = "off" }
  path "/account/logo" { cache = "on" }
  path "/account/img/**" { cache = "on" }
  path "/admin.php" { cache = "off" }
  path "/Private/**" { cache = "off" }
  path "/cart" { cache = "off" }
  path "/CART" { cache = "on" }
  path "/**.css" {
    ttl      = "1h"
    any_type = true
  }`, func(a *ask) { a.give(200, a.target) })
	for _, c := range []struct{ target, want string }{
		{"/ACCOUNT", passed},
		{"/Account/x.css", passed},
		{"/aCCount;x=1/y.css", passed},
		{"/x/../Account/y", passed},
		{"/private/x", passed},
		{"/PRIVATE/x.css", passed},
		{"/Account%2Ex", passed},
		{"/%41ccount/x", passed},
		{"/Account%252Fx", passed},
		{"/cart/", passed},
		{"/Cart/", passed},
		{"/account.css", passed},
		{"/account.json", passed},
		{"/admin.php/x.css", passed},
		{"/Admin.PHP/x/y.css", passed},
		{"/index.php/account", passed},
		{"/index.php/account/x.css", passed},
		{"/app.v1/index.php/account/x.css", passed},
		{"/(S(0123456789))/account", passed},
		{"/(A(x)F(y))/Account/x.css", passed},

		{"/", stored},
		{"/x/", stored},
		{"/Static/Logo.PNG", stored},
		{"/accounts", stored},
		{"/account/logo", stored},
		{"/account/img/x.png", stored},
		{"/Account/IMG/x.png", stored},
		{"/CART", stored}, // a rule means this spelling
		{"/index.php/2026/11/post", stored},
		{"/index.php", stored},
		{"/admin.phpx/y", stored},
		{"/php/account2", stored},
		{"/(x)/account2", stored},
		{"/img/account.png", stored},
		{"/v1.2/x.css", stored},
		{"/.well-known/x", stored},
	} {
		if g := r.get(c.target); !strings.Contains(g.cache, c.want) {
			t.Errorf("%s: %s, want %s", c.target, g.cache, c.want)
		}
		r.quiet()
	}
}

// A site that stores nothing but what some rules say stores all of that.
func TestWallsEverywhere(t *testing.T) {
	r := newRig(t, `
  cache = "off"
  path "/static/**" {
    cache = "on"
    ttl   = "1h"
  }`, func(a *ask) { a.give(200, a.target) })
	for _, target := range []string{"/static/Logo.PNG", "/static/x/", "/static/x.php/y", "/static/(x)/y", "/static/a.b/c.d", "/static/x;v=1"} {
		r.get(target).want(t, 200, "stored", target)
		r.quiet()
	}
	for _, target := range []string{"/STATIC/x", "/x", "/X", "/x.php/static/y"} {
		r.get(target).want(t, 200, "fwd=bypass", target)
	}
}

// A rule that stores a page for each user, or not at all for those with a session, is
// a wall, too.
func TestWallsOfKeys(t *testing.T) {
	r := newRig(t, `
  ttl = "5m"
  path "/account/**" { key { cookies = ["sid"] } }
  path "/shop/**" { bypass { cookies = ["sid"] } }
  path "/img/**" { key { headers = ["accept"] } }`, func(a *ask) { a.give(200, a.target) })
	for _, c := range []struct{ target, want string }{
		{"/Account/x", "fwd=bypass"},
		{"/index.php/account/x", "fwd=bypass"},
		{"/SHOP/x", "fwd=bypass"},
		{"/account/X", "stored"},
		{"/shop/X", "stored"},
		{"/img/Logo.PNG", "stored"},
		{"/Other/X", "stored"},
	} {
		r.get(c.target).want(t, 200, c.want, c.target)
		r.quiet()
	}
}
