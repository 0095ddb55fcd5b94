package apps

import (
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"brink/test/brinktest"
)

// nextjsPages are twenty pages of the shop. Chromium's router fetches more of each.
func nextjsPages() (pages []string) {
	pages = []string{"/", "/about", "/?utm_source=letter", "/about?gclid=1"}
	for i := 1; i <= 16; i++ {
		pages = append(pages, fmt.Sprintf("/products/%d", i))
	}
	return pages
}

func TestNextJS(t *testing.T) {
	large(t, "chromium")
	f := startNextJS(t)
	pages := nextjsPages()
	second := f.browseTwice(t, pages, 90)

	visitors := []*visitor{f.newVisitor(t, "Trillian"), f.newVisitor(t, "Zaphod-B")}
	for _, v := range visitors {
		if v.post(t, "/api/login", url.Values{"name": {v.name}}); v.cookie("session") == "" {
			t.Fatal("no login")
		}
		v.user = true
		v.owns("Signed in as "+v.name, "name")
	}
	for i := range 10 {
		visitors = append(visitors, f.newVisitor(t, fmt.Sprintf("anonymous-%d", i)))
	}
	f.mix(t, 2000, visitors, append(pages, "/account", "/api/products", "/nothing"), func(a *answer) {
		if a.path == "/account" && strings.Contains(a.body, "Signed in as "+a.to.name) != a.to.user {
			t.Errorf("%s got another account: %s", a.to.name, a.cache())
		}
	})
	f.poison(t, "/products/3?visit=")
	f.nextjsRouter(t)
	f.nextjsPurges(t)
	f.noTags(t)
	f.noLeaks(t, second)
}

// startNextJS builds the shop and runs it behind a node.
func startNextJS(t *testing.T) *front {
	t.Helper()
	installNpm(t, "nextjs")
	origin := brinktest.FreeAddress(t)
	f := startFront(t, "Next.js", "nextjs.hcl", "shop.example.com", origin)
	env := environment("NEXT_TELEMETRY_DISABLED", "1", "APPS_DATA", filepath.Join(t.TempDir(), "products.json"), "APPS_NODE", f.Address)
	next := absolute(t, "nextjs/node_modules/next/dist/bin/next")
	build := exec.Command("node", next, "build")
	build.Dir, build.Env = "nextjs", env
	run(t, build)
	_, port, _ := strings.Cut(origin, ":")
	server := exec.Command("node", next, "start", "-H", "127.0.0.1", "-p", port)
	server.Dir, server.Env = "nextjs", env
	launch(t, server, "tcp", origin)
	return f
}

// nextjsRouter asks for a page as the browser's router does, also in a wrong way:
// what it gets reaches nobody who asks for the page.
func (f *front) nextjsRouter(t *testing.T) {
	t.Helper()
	router, reader := f.newVisitor(t, "router"), f.newVisitor(t, "reader")
	for i := 1; i <= 5; i++ {
		page := fmt.Sprintf("/products/%d?campaign=%d", i, i)
		for _, fields := range [][]string{
			{"RSC", "1"}, {"RSC", "1", "Next-Router-Prefetch", "1"}, {"RSC", "1", "Next-Router-Segment-Prefetch", "/_tree"},
			{"X-Nextjs-Data", "1"}, {"X-Middleware-Prefetch", "1"}, {"X-Middleware-Subrequest", "middleware"}, {"X-Matched-Path", "/account"},
			{"X-Invoke-Path", "/account"}, {"X-Invoke-Status", "500"}, {"X-Now-Route-Matches", "1"},
		} {
			router.get(t, page, fields...)
		}
		for range 2 {
			a := reader.get(t, page)
			if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.Contains(a.body, "<h1>Product") {
				t.Errorf("%s is no page after the router's requests: %d %s %s", page, a.status, a.header.Get("Content-Type"), a.cache())
			}
		}
	}
}

// nextjsPurges edits a product: its page and what the router fetches of it are new.
// Nobody else reads meanwhile: Next.js keeps a page whose render began before
// revalidatePath and ended after it, and answers with that.
func (f *front) nextjsPurges(t *testing.T) {
	t.Helper()
	reader := f.newVisitor(t, "reader of products")
	first := reader.get(t, "/products/7", "RSC", "1")
	router := strings.TrimPrefix(first.header.Get("Location"), "http://"+f.host)
	for i := range 15 {
		name, from := fmt.Sprintf("Product 7, edition %d", i), len(f.requests(0))
		if a := reader.post(t, "/api/edit", url.Values{"id": {"7"}, "name": {name}}); a.status != 204 {
			t.Fatalf("no edit: %d %s", a.status, a.body)
		}
		f.awaitPurge(t, from, "/")
		for range 2 {
			for path, fields := range map[string][]string{"/products/7": nil, "/": nil, "/api/products": nil, router: {"RSC", "1"}} {
				if a := reader.get(t, path, fields...); !strings.Contains(a.body, name) {
					t.Errorf("%s is old after the purge: %d %s", path, a.status, a.cache())
				}
			}
		}
	}
}
