package apps

import (
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"brink/test/brinktest"
)

// startLookalike runs a program of lookalike behind a node with its example.
func startLookalike(t *testing.T, app, name, host string) *front {
	t.Helper()
	origin := freeLookalike(t)
	f := startFront(t, app, name+".hcl", host, origin)
	launchLookalike(t, f, name)
	return f
}

// freeLookalike returns an address for a program.
func freeLookalike(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no Node.js: on Debian, apt-get install nodejs")
	}
	return brinktest.FreeAddress(t)
}

func launchLookalike(t *testing.T, f *front, name string) {
	t.Helper()
	_, port, _ := strings.Cut(f.origin, ":")
	launch(t, exec.Command("node", "lookalike/"+name+".mjs", port, f.Address), "tcp", f.origin)
}

// In Magento each group of customers has its own prices. The cache has only pages for
// people who are not logged in.
func TestMagento(t *testing.T) {
	f := startLookalike(t, "Magento-like", "magento", "store.example.com")
	pages := []string{"/", "/about-us", "/static/version1/frontend/styles.css", "/category-1.html", "/category-2.html"}
	for i := 1; i <= 15; i++ {
		pages = append(pages, fmt.Sprintf("/product-%d.html", i))
	}
	second := f.visitTwice(t, pages)
	f.atLeast(t, second, 90)

	groups := map[string]string{"Trillian Retail": "retail", "Zaphod Wholesale": "wholesale"}
	var visitors []*visitor
	for name, group := range groups {
		v := f.newVisitor(t, name)
		v.get(t, "/")
		if a := v.post(t, "/customer/account/loginPost/", url.Values{"name": {name}, "group": {group}}); a.status != 302 {
			t.Fatalf("no login: %d", a.status)
		}
		v.user = true
		v.owns(name, "name")
		v.owns("for "+group, "prices")
		visitors = append(visitors, v)
	}
	for i := range 10 {
		visitors = append(visitors, f.newVisitor(t, fmt.Sprintf("guest %d", i)))
	}
	f.mix(t, 2000, visitors, append(pages, "/customer/section/load/", "/checkout/cart/", "/nothing.html", "/graphql?query={products}"), func(a *answer) {
		if strings.Contains(a.body, "for guest") && a.to.user && !strings.HasPrefix(a.path, "/graphql") {
			t.Errorf("%s got %s with prices for guests: %s", a.to.name, a.path, a.cache())
		}
		if a.path == "/product-1.html" && !strings.Contains(a.header.Get("Cache-Control"), "no-cache") {
			t.Errorf("a browser may keep %s: %s", a.path, a.header.Get("Cache-Control"))
		}
	})
	f.magentoGraphQL(t, visitors)
	f.magentoPurges(t)
	f.noTags(t)
	f.noLeaks(t, second)
}

// magentoGraphQL has a storefront ask with a customer's token, of which Magento
// says that the answer is public.
func (f *front) magentoGraphQL(t *testing.T, visitors []*visitor) {
	t.Helper()
	const query = "/graphql?query={storefront}"
	customer, guest := visitors[0], f.newVisitor(t, "guest of the storefront")
	for range 3 {
		a := customer.get(t, query, "Authorization", "Bearer "+customer.cookie("PHPSESSID"), "Store", "default")
		if strings.Contains(a.body, "guest") {
			t.Errorf("a customer got prices for guests: %s", a.cache())
		}
		if a := guest.get(t, query, "Store", "default"); !strings.Contains(a.body, "for guest in default") {
			t.Errorf("a guest got %s: %s", a.body, a.cache())
		}
		if a := guest.get(t, query, "Store", "german"); !strings.Contains(a.body, "for guest in german") {
			t.Errorf("another store's answer: %s: %s", a.body, a.cache())
		}
	}
	if a := guest.get(t, query, "Store", "german"); !a.hit() {
		t.Errorf("no hit for a guest: %s", a.cache())
	}
}

func (f *front) magentoPurges(t *testing.T) {
	t.Helper()
	admin, guest := f.newVisitor(t, "admin"), f.newVisitor(t, "guest")
	for i := range 5 {
		affected, other := []string{"/product-7.html", "/category-2.html"}, "/product-8.html"
		for _, page := range append(affected, other) {
			guest.get(t, page)
		}
		if a := admin.post(t, "/admin/catalog/product/save/", url.Values{"id": {"7"}}); a.status != 200 {
			t.Fatalf("the purge was answered %d", a.status)
		}
		for _, page := range affected {
			if a := guest.get(t, page); !strings.Contains(a.body, fmt.Sprintf("Product 7, edition %d", i+2)) {
				t.Errorf("%s is old after the purge: %s", page, a.cache())
			}
		}
		if a := guest.get(t, other); !a.hit() {
			t.Errorf("%s was purged: %s", other, a.cache())
		}
	}
	f.neverOld(t, []string{"/product-7.html", "/category-2.html"}, "Product 7, edition ", 6, 60, func(int) {
		admin.post(t, "/admin/catalog/product/save/", url.Values{"id": {"7"}})
	})
	if a := admin.post(t, "/admin/cache/flushAll/", nil); a.status != 200 {
		t.Fatalf("the purge of all was answered %d", a.status)
	}
	if a := guest.get(t, "/product-8.html"); a.hit() {
		t.Errorf("a hit after all was purged: %s", a.cache())
	}
}

// Drupal says "Vary: Cookie", and bans tags.
func TestDrupal(t *testing.T) {
	f := startLookalike(t, "Drupal-like", "drupal", "news.example.com")
	pages := []string{"/"}
	for i := 1; i <= 19; i++ {
		pages = append(pages, fmt.Sprintf("/node/%d", i))
	}
	second := f.visitTwice(t, pages)
	f.atLeast(t, second, 90)

	visitors := []*visitor{f.newVisitor(t, "Trillian of the news"), f.newVisitor(t, "Zaphod of the news")}
	for _, v := range visitors {
		if v.post(t, "/user/login", url.Values{"name": {v.name}}); v.cookie("SESS") == "" {
			t.Fatal("no login")
		}
		v.user = true
		v.owns(v.name, "name")
	}
	users := len(visitors)
	for i := range 10 {
		visitors = append(visitors, f.newVisitor(t, fmt.Sprintf("anonymous %d", i)))
	}
	f.mix(t, 2000, visitors, append(pages, "/user", "/nothing"), func(a *answer) {
		if a.to.user && !strings.Contains(a.body, a.to.name) {
			t.Errorf("%s got %s as if not logged in: %s", a.to.name, a.path, a.cache())
		}
	})
	for i, separator := range []string{" ", "|", ","} {
		reader := visitors[users]
		reader.get(t, "/node/3")
		reader.get(t, "/node/4")
		if a := visitors[0].post(t, "/admin/node/3/save", url.Values{"separator": {separator}}); a.status != 200 {
			t.Fatalf("the ban with %q between tags was answered %d", separator, a.status)
		}
		for _, page := range []string{"/node/3", "/"} {
			if a := reader.get(t, page); !strings.Contains(a.body, fmt.Sprintf("Node 3, edition %d", i+2)) {
				t.Errorf("%s is old after the ban: %s", page, a.cache())
			}
		}
		if a := reader.get(t, "/node/4"); !a.hit() {
			t.Errorf("/node/4 was banned: %s", a.cache())
		}
	}
	f.neverOld(t, []string{"/node/3", "/"}, "Node 3, edition ", 4, 60, func(int) {
		visitors[0].post(t, "/admin/node/3/save", url.Values{"separator": {" "}})
	})
	out := visitors[1]
	out.get(t, "/user/logout")
	if a := out.get(t, "/node/5"); strings.Contains(a.body, out.name) {
		t.Errorf("%s is greeted after the logout: %s", out.name, a.cache())
	}
	f.ownTokens(t, pages, `name="form_token" value="([^"]*)"`)
	f.noTags(t)
	f.noLeaks(t, second)
}

// noTags checks that nobody has got the fields by which a cache purges.
func (f *front) noTags(t *testing.T) {
	t.Helper()
	for i := range f.answers {
		a := &f.answers[i]
		for _, name := range []string{"X-Magento-Tags", "Surrogate-Key", "Purge-Cache-Tags", "X-Drupal-Cache-Tags", "Cache-Tags"} {
			if a.header.Get(name) != "" {
				t.Errorf("%s %s: a client gets %s", a.method, a.path, name)
				return
			}
		}
	}
}

// A conf that shares what is private leaks, and the search sees it: otherwise it would
// say nothing of the examples that none does.
func TestCarelessConf(t *testing.T) {
	const careless = `
listen "web" {
  address = "0.0.0.0:8080"
}
origin "drupal" {
  server "http://10.0.0.11:8000" {}
}
site "news" {
  hosts          = ["news.example.com"]
  origin         = "drupal"
  ttl            = "1h"
  store_private  = true
  store_no_cache = true
}
`
	f := startFrontOn(t, "careless", careless, "news.example.com", freeLookalike(t))
	launchLookalike(t, f, "drupal")
	user, other := f.newVisitor(t, "Trillian of the news"), f.newVisitor(t, "anonymous")
	user.post(t, "/user/login", url.Values{"name": {user.name}})
	user.user = true
	user.owns(user.name, "name")
	for _, v := range []*visitor{user, other} {
		v.get(t, "/node/1")
	}
	f.ownTokens(t, []string{"/node/1"}, `name="form_token" value="([^"]*)"`)
	kinds := map[string]bool{}
	for _, leak := range f.leaks() {
		for _, kind := range []string{"name", "token"} {
			if strings.Contains(leak, "has "+kind+" of "+user.name) {
				kinds[kind] = true
			}
		}
	}
	if len(kinds) != 2 {
		t.Errorf("the search found only %v in %q", kinds, f.leaks())
	}
}
