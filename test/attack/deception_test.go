package attack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// account answers with the page of the user who sent the cookie. It ignores the rest of
// the path, as some frameworks do.
func account(lines string) func(*answer, *seen) {
	return func(a *answer, q *seen) {
		a.reply(q, "200 OK", "Content-Type: text/html\r\n"+lines, "account of "+q.fields.get("Cookie"))
	}
}

// TestDeception lets a victim follow a link whose path looks like a static file, and then
// asks for the same URL without the victim's cookie.
func TestDeception(t *testing.T) {
	t.Parallel()
	policies := []struct{ name, lines string }{
		{"nothing", ""},
		{"private", "Cache-Control: private\r\n"},
		{"no-store", "Cache-Control: no-store\r\n"},
		{"last modified", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"},
	}
	for _, p := range policies {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{
				site: `
  path "/account/**" { cache = "off" }
  path "/account" { cache = "off" }
  path "/static/**" { ttl = "1h" }
  path "/**.css" { ttl = "1h" }
  path "/**.js" { ttl = "1h" }`,
				routes: []route{
					{prefix: "/canary", serve: func(a *answer, q *seen) { a.ok(q, "") }},
					{prefix: "/c/", serve: func(a *answer, q *seen) { a.ok(q, "") }},
					{prefix: "", serve: account(p.lines)},
				},
			})
			for _, path := range deceptive {
				t.Run("C15"+path, func(t *testing.T) {
					t.Parallel()
					w.keepsApart(t, path)
				})
			}
		})
	}
}

// deceptive are paths of a page of one's own, in which some see a static file
// or another path.
var deceptive = []string{
	"/account", "/account/", "/account/x.css", "/account/x.js", "/account/.css", "/account;x.css", "/account;/x.css", "/account%00.css", "/account/%00.css",
	"/account%0a.js", "/account/%0a.js", "/account%23.css", "/account/%23.css", "/account%3fx.css", "/account/%3fx.css", "/account%5cx.css", "/account/%5cx.css",
	"/account/..%2fstatic/x.js", "/account/..%2f..%2fstatic/x.js", "/account%2f..%2fstatic/x.js", "/account/%2e%2e%2fstatic/x.js",
	"/static/..%2faccount", "/static%2f..%2faccount", "/static/%2e%2e%2faccount", "/static/%2e%2e/account", "/static/../account", "/static/x/../../account",
	"/static/..;/account", "/static/.;/account", "/static//..%2faccount", "/static/..%5caccount", "/static/%5c..%5caccount", "/static/..%c0%afaccount",
	"/%61ccount", "/%61ccount/x.css", "/static/%2e%2e/%61ccount", "//account", "//account/x.css", "/./account", "/account/.", "/account/x/..", "/x/../account",
	"/account;a=b/x.css", "/account%3bx.css", "/account%253bx.css", "/static/../;/account/x.css", "/;/account/x.css", "/;a/account/x.css", "/static/..%3b/account", "/static/..%253b/account",
	"/account%252fx.css", "/account%255cx.css", "/account%253fx.css", "/account%2523x.css", "/account%2500.css", "/static/..%252faccount", "/static/%252e%252e%252faccount", "/static/..%25252faccount",
	"/static/..%e0%80%afaccount", "/static/..%f0%80%80%afaccount", "/static/..%c1%9caccount", "/static/%e0%80%ae%e0%80%ae/account", "/account./x.css", "/account%20/x.css", "/account..css",
	"/account%2fx.css", "/account?x.css", "/account?/static/x.css", "/account/x.css?y", "/account%09.css", "/account%20.css", "/account/x%2ecss", "/account%7f.css",
}

// keepsApart checks that a client without the cookie never gets what one with
// it got.
func (w *world) keepsApart(t *testing.T, path string) {
	t.Helper()
	const secret = "session=secret"
	query := "?"
	if strings.Contains(path, "?") {
		query = "&"
	}
	path += query + newMark()
	first := w.get(t, path, "Cookie: "+secret+"\r\n")
	if !oneOf(first.status, []int{200, 400}) {
		t.Fatalf("the victim got %+v", first)
	}
	for range 2 {
		if r := w.get(t, path); strings.Contains(r.body, secret) {
			t.Fatalf("the attacker got %+v", r)
		}
	}
}

// TestDefaults has clients that identify themselves get pages of which nobody
// says how long they are fresh: nothing is guessed.
func TestDefaults(t *testing.T) {
	t.Parallel()
	list := []kept{
		{"C16/nothing", "200 OK", "", false},
		{"C16/etag only", "200 OK", "ETag: \"x\"", false},
		{"C16/last modified", "200 OK", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", false},
		{"C16/date", "200 OK", "Date: Mon, 01 Jan 2024 00:00:00 GMT", false},
		{"C16/content type", "200 OK", "Content-Type: text/css", false},
		{"C16/404", "404 Not Found", "", false},
		{"C16/301", "301 Moved Permanently", "Location: /x", false},
	}
	w := keeping(t, setup{}, list)
	for i, k := range list {
		for _, line := range []string{"Cookie: a=b\r\n", "Authorization: Basic eDp5\r\n"} {
			t.Run(k.name+" "+line, func(t *testing.T) {
				t.Parallel()
				w.again(t, fmt.Sprintf("/%d/%s.css", i, newMark()), k.stored, line)
			})
		}
	}
}

// TestWall turns on, in pairs, all that could have something stored where
// cache = "off" says that nothing is.
func TestWall(t *testing.T) {
	t.Parallel()
	options := []string{
		`ttl = "1h"`, `default_ttl = "1h"`, `min_ttl = "1h"`, `max_ttl = "1h"`, `stale_while_revalidate = "1h"`, `stale_if_error = "1h"`,
		`negative_ttl = { "404" = "1h" }`, `heuristic = true`, `client_directives = "honour"`, `store_set_cookie = true`, `store_private = true`, `store_no_cache = true`, `any_type = true`,
		`store_authorization = true`, `max_object = "1MiB"`, `disk = "always"`, "key {\n    query = \"none\"\n  }", "key {\n    ignore = [\"*\"]\n  }", "key {\n    headers = [\"X-A\"]\n  }",
		"response {\n    set = { \"Cache-Control\" = \"public, max-age=600\" }\n  }", "request {\n    remove = [\"Cookie\"]\n  }",
	}
	var sites strings.Builder
	var hosts []string
	for i, a := range options {
		for _, b := range options[:i] {
			if strings.Fields(a)[0] == strings.Fields(b)[0] || strings.HasPrefix(a, "default_ttl") && strings.HasPrefix(b, "ttl") {
				continue
			}
			name := fmt.Sprintf("wall%d", len(hosts))
			fmt.Fprintf(&sites, "site %q {\n  hosts  = [%q]\n  origin = \"o\"\n  %s\n  %s\n  path \"/w/**\" { cache = \"off\" }\n}\n", name, name+".test", a, b)
			hosts = append(hosts, name+".test")
		}
	}
	stored := "Cache-Control: public, s-maxage=600, stale-while-revalidate=600\r\nCDN-Cache-Control: max-age=600\r\nETag: \"x\"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n"
	w := newWorld(t, setup{more: sites.String(), routes: []route{{prefix: "/w/", serve: func(a *answer, q *seen) { a.ok(q, stored) }}}})
	for chunk := range slices.Chunk(hosts, 10) {
		t.Run("C17/"+chunk[0], func(t *testing.T) {
			t.Parallel()
			c := w.dial(t, "127.0.0.1")
			defer c.close()
			for _, host := range chunk {
				for _, target := range []string{"/w/" + newMark(), "/w/x/../" + newMark(), "/%77/" + newMark()} {
					var bodies []string
					for range 3 {
						c.send(t, "GET "+target+" HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
						bodies = append(bodies, c.answer(t).body)
					}
					if slices.Sort(bodies); len(slices.Compact(bodies)) != 3 {
						t.Errorf("%s%s is stored: %q", host, target, bodies)
					}
				}
			}
		})
	}
}
