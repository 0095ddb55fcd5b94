package site

import (
	"testing"

	"brink/edge/message"
)

// A path that an origin may take for one behind a wall is elsewhere, whatever rule is for it
// as it is written.
func TestElsewhere(t *testing.T) {
	tables, err := Compile(parseConf(t, `site "a" {
  hosts = ["*"]
  respond {}
  path "/account/**" {
    cache = "off"
    respond {}
  }
  path "/account/logo" {
    respond {}
  }
  path "/admin.php" {
    cache = "off"
    respond {}
  }
  path "/basket/**" {
    key { cookies = ["sid"] }
    respond {}
  }
  path "/**.css" {
    respond {}
  }
  path "/CART" {
    respond {}
  }
  path "/cart" {
    cache = "off"
    respond {}
  }
}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := tables.Sites[0]
	for path, want := range map[string]bool{
		"/Account/x.css":         true,  // the case of letters
		"/cart/":                 true,  // a slash at the end
		"/cart.json":             true,  // an extension
		"/admin.php/x.css":       true,  // a path behind a program
		"/index.php/account/x":   true,  // a page of a front controller
		"/(S(0123456789))/cart":  true,  // a session in the path
		"/BASKET/x":              true,  // a wall by its key
		"/account/x":             false, // the wall itself
		"/account/logo":          false,
		"/CART":                  false, // a rule for this spelling
		"/accounts":              false,
		"/index.php/2026/x":      false,
		"/php/basket2":           false,
		"/":                      false,
		"/Static/Logo.PNG/x.css": false,
	} {
		u := &message.URL{Path: []byte(path)}
		if got := s.Elsewhere(u, s.Rule(u.Path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
