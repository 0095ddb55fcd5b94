package conf

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestDefault(t *testing.T) {
	c := Default()
	id := c.Node.ID
	want := &Config{
		Node: Node{ID: id, DrainTimeout: 10 * time.Second},
		Listens: []Listen{{Name: "default", Address: "127.0.0.1:8080", MaxHead: 32 << 10, MaxTarget: 16 << 10, MaxFields: 128,
			HeadTimeout: 10 * time.Second, IdleTimeout: time.Minute, BodyTimeout: 30 * time.Second, MinRate: 500, BodyGrace: 20 * time.Second}},
		Admin: Admin{Address: "127.0.0.1:9080"},
		Store: Store{Memory: 256 << 20, MaxVariants: 64},
		Log:   Log{Access: "stdout", Format: "json", Sample: 1, Level: "info"},
	}
	if id == "" || !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	c.Listens[0].Name = "mine"
	if Default().Listens[0].Name != "default" {
		t.Error("two callers share a default")
	}
}

func TestDefaultsOfBlocks(t *testing.T) {
	c := valid(t, anOrigin+aSite+"listen \"web\" { address = \":81\" }")
	listen := Default().Listens[0]
	listen.Name, listen.Address = "web", ":81"
	if !reflect.DeepEqual(c.Listens, []Listen{listen}) {
		t.Errorf("%+v", c.Listens)
	}
	origin := Origin{Name: "app", Servers: []Server{{URL: "http://127.0.0.1:9000", Scheme: "http", Host: "127.0.0.1", Port: "9000", Weight: 1}},
		ConnectTimeout: 2 * time.Second, TLSTimeout: 5 * time.Second, HeadTimeout: 30 * time.Second, BodyTimeout: 30 * time.Second,
		SendTimeout: 30 * time.Second, IdleTimeout: 30 * time.Second, KeepAlive: 256, MaxConnections: 1024, Queue: 4096,
		QueueTimeout: 10 * time.Second, ReadAhead: 64 << 10, Retries: 2, Resolve: 30 * time.Second}
	if !reflect.DeepEqual(c.Origins, []Origin{origin}) {
		t.Errorf("%+v", c.Origins)
	}
	rule := Rule{Cache: "on", Heuristic: true, ClientDirectives: "ignore", UnknownFields: "share",
		EvictStatus: []int{404, 410}, ShowTargeted: []string{"CDN-Cache-Control"}, HeadFetch: "get", SuspectPaths: "pass",
		Disk: "auto", Key: Key{Query: "all"}, Position: "t.hcl:2"}
	if !reflect.DeepEqual(c.Sites, []Site{{Name: "app", Hosts: []string{"*"}, Origin: "app", Rule: rule}}) {
		t.Errorf("%+v", c.Sites)
	}
}

// Addresses are networks of one; IPv4 has one spelling.
func TestPurgeOfSite(t *testing.T) {
	c := valid(t, anOrigin+`site "a" {
  hosts = ["*"]
  origin = "app"
  purge {
    allow = ["127.0.0.1", "::ffff:10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "0.0.0.0/0"]
    soft = true
  }
}`)
	if got := fmt.Sprint(c.Sites[0].Purge); got != "{[127.0.0.1/32 10.0.0.1/32 10.0.0.0/8 ::1/128 2001:db8::/32 0.0.0.0/0] true}" {
		t.Error(got)
	}
}

// Without trusted_proxies no proxy is trusted.
func TestTrustedProxies(t *testing.T) {
	c := valid(t, anOrigin+`site "a" {
  hosts = ["*"]
  origin = "app"
}
listen "a" {
  address = ":1"
  trusted_proxies = ["10.0.0.0/8", "::1"]
}
listen "b" { address = ":2" }`)
	if got := fmt.Sprint(c.Listens[0].TrustedProxies, c.Listens[1].TrustedProxies); got != "[10.0.0.0/8 ::1/128] []" {
		t.Error(got)
	}
}

// A path has what its site has, but for what it gives itself; blocks are
// inherited whole, redirect and respond not at all.
func TestInheritance(t *testing.T) {
	c := valid(t, anOrigin+`site "a" {
  path "/first" { ttl = "5s" }
  hosts = ["*"]
  origin = "app"
  ttl = "1m"
  stale_if_error = "1h"
  negative_ttl = { "404" = "1s", "500" = "2s" }
  heuristic = false
  client_directives = "honour"
  store_set_cookie = true
  max_object = "1MiB"
  key {
    query = "none"
    headers = ["A"]
  }
  request { set = { X = "1" } }
  response { remove = ["Y"] }
  redirect { to = "/" }
  path "/bare" {}
  path "/own" {
    cache = "on"
    ttl = "0s"
    negative_ttl = {}
    heuristic = true
    client_directives = "ignore"
    store_set_cookie = false
    max_object = "0"
    key { cookies = ["B"] }
    request {}
    respond { status = 204 }
  }
  path "/off" { cache = "off" }
}
`)
	site := c.Sites[0]
	rule := site.Rule
	if *rule.TTL != time.Minute || *rule.StaleIfError != time.Hour || rule.Heuristic || rule.ClientDirectives != "honour" || rule.Redirect == nil {
		t.Errorf("%+v", rule)
	}
	first, bare, own, off := site.Paths[0].Rule, site.Paths[1].Rule, site.Paths[2].Rule, site.Paths[3].Rule

	rule.Redirect, rule.Position = nil, "t.hcl:20"
	if !reflect.DeepEqual(bare, rule) {
		t.Errorf("got  %+v\nwant %+v", bare, rule)
	}
	// what stands behind a path in its site counts for it all the same
	if *first.TTL != 5*time.Second || *first.StaleIfError != time.Hour || first.Key.Query != "none" || first.Position != "t.hcl:3" {
		t.Errorf("%+v", first)
	}
	if *own.TTL != 0 || own.NegativeTTL == nil || len(own.NegativeTTL) != 0 || !own.Heuristic || own.ClientDirectives != "ignore" ||
		own.StoreSetCookie || own.MaxObject != 0 || *own.StaleIfError != time.Hour {
		t.Errorf("%+v", own)
	}
	if !reflect.DeepEqual(own.Key, Key{Query: "all", Cookies: []string{"B"}}) || own.Request.Set != nil || own.Response.Remove[0] != "Y" ||
		own.Redirect != nil || own.Respond.Status != 204 {
		t.Errorf("%+v", own)
	}
	if off.Cache != "off" || *off.TTL != time.Minute {
		t.Errorf("%+v", off)
	}
	if site.Rule.Cache != "on" || len(site.Rule.NegativeTTL) != 2 || site.Rule.MaxObject != 1<<20 {
		t.Errorf("a path changed its site: %+v", site.Rule)
	}
}

func TestDurations(t *testing.T) {
	f := func(text string, want time.Duration) {
		t.Helper()
		got, bad := parseDuration(text)
		if bad != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, bad, want)
		}
		if again, bad := parseDuration(formatDuration(got)); bad != nil || again != got {
			t.Errorf("%v is formatted %q", got, formatDuration(got))
		}
	}
	f("0s", 0)
	f("0w", 0)
	f("250ms", 250*time.Millisecond)
	f("5s", 5*time.Second)
	f("10m", 10*time.Minute)
	f("2h", 2*time.Hour)
	f("30d", 30*24*time.Hour)
	f("1w", 7*24*time.Hour)
	f("1h30m", 90*time.Minute)
	f("1w2d3h4m5s6ms", (9*24+3)*time.Hour+4*time.Minute+5*time.Second+6*time.Millisecond)
	f("30m1h", 90*time.Minute)
	f("90m", 90*time.Minute)
	f("36500d", longest)
	f("0000000001s", time.Second)
}

func TestSizes(t *testing.T) {
	f := func(text string, want Size) {
		t.Helper()
		got, bad := parseSize(text)
		if bad != nil || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, bad, want)
		}
		if again, bad := parseSize(formatSize(got)); bad != nil || again != got {
			t.Errorf("%v is formatted %q", got, formatSize(got))
		}
	}
	f("0", 0)
	f("1024", 1024)
	f("7B", 7)
	f("64KiB", 64<<10)
	f("256MiB", 256<<20)
	f("2GiB", 2<<30)
	f("3TiB", 3<<40)
	f("5KB", 5000)
	f("10MB", 10_000_000)
	f("1GB", 1e9)
	f("1TB", 1e12)
	f("8388607TiB", 8388607<<40)
	// a number needs no quotes
	if c := valid(t, anOrigin+aSite+"store { max_object = 1000 }"); c.Store.MaxObject != 1000 {
		t.Error(c.Store)
	}
}

func TestValuesAsGiven(t *testing.T) {
	dir := withFiles(t)
	c, err := Parse(dir+"/t.hcl", []byte(`
listen "a" { address = "127.0.0.1:0" }
listen "b" { address = "127.0.0.1:0" }
listen "c" { address = "[::1]:9080" }
admin { address = "off" }
log {
  access = "off"
  sample = 0.25
}
origin "A.b-c_1" {
  server "HTTPS://Shop.Test" {}
  server "http://[::1]:080" { weight = 9 }
  host = "a.test:8443"
  retry_status = [503, 404]
  tls { server_name = "Shop.Test" }
}
site "one" {
  hosts = ["Shop.Test", "*.Shop.Test", "127.0.0.1", "[0:0::1]", "xn--bcher-kva.test", "a_b.test", "localhost"]
  origin = "A.b-c_1"
  negative_ttl = { "404" = "10s", 503 = "0s" }
  request {
    remove = ["Cookie"]
    set = {
      B-2 = "b"
      "A" = ""
    }
  }
  path "/" {}
  path "/**" {}
  path "/a/*/b^|~%20*.js" {}
}
site "two" {
  hosts = ["*"]
  redirect { to = "https://{host}:8443{path}?{query}" }
  path "/a" { redirect { to = "HTTP://a.test?from={path}&{query}" } }
  path "/b" { respond { headers = { X = "1" } } }
}
`))
	if err != nil {
		t.Fatal(err)
	}
	if err := invariants(c); err != nil {
		t.Fatal(err)
	}
	same := func(got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
	same(c.Log, Log{Access: "off", Format: "json", Sample: 0.25, Level: "info"})
	same(c.Admin, Admin{Address: "off"})
	same(c.Origins[0].Servers, []Server{
		{URL: "HTTPS://Shop.Test", Scheme: "https", Host: "shop.test", Port: "443", Weight: 1},
		{URL: "http://[::1]:080", Scheme: "http", Host: "::1", Port: "80", Weight: 9}})
	same(c.Origins[0].RetryStatus, []int{503, 404})
	same(c.Origins[0].TLS, TLS{ServerName: "shop.test"})
	same(c.Sites[0].Hosts, []string{"shop.test", "*.shop.test", "127.0.0.1", "[::1]", "xn--bcher-kva.test", "a_b.test", "localhost"})
	same(c.Sites[0].Rule.NegativeTTL, map[int]time.Duration{404: 10 * time.Second, 503: 0})
	same(c.Sites[0].Rule.Request, Edits{Remove: []string{"Cookie"}, Set: []Field{{"B-2", "b"}, {"A", ""}}})
	same(c.Sites[0].Paths[2].Pattern, "/a/*/b^|~%20*.js")
	same(c.Sites[1].Rule.Redirect, &Redirect{To: "https://{host}:8443{path}?{query}", Status: 302})
	same(c.Sites[1].Paths[1].Rule.Respond, &Respond{Status: 200, Headers: []Field{{"X", "1"}}})
}

// The fields of Config that nothing in a conf file sets.
func TestEveryFieldHasASetting(t *testing.T) {
	set := map[string]bool{}
	for _, s := range everySection() {
		for _, c := range s.settings {
			target := s.zero()
			set[fmt.Sprintf("%T.%s", target, fieldAt(t, target, c))] = true
		}
	}
	other := map[string]bool{ // by blocks, labels and what is derived
		"Listen.Name": true, "Admin.Token": true, "Admin.Tokens": true, "Token.Name": true, "Token.Text": true, "Origin.Name": true, "Origin.Servers": true, "Origin.TLS": true,
		"Server.URL": true, "Server.Scheme": true, "Server.Host": true, "Server.Port": true, "TLS.CA": true,
		"Store.Disk": true, "Store.MemoryGiven": true, "Rule.Key": true, "Rule.Bypass": true, "Rule.Request": true, "Rule.Response": true, "Rule.Redirect": true, "Rule.Respond": true, "Rule.Position": true,
	}
	for _, target := range []any{Node{}, Listen{}, Admin{}, Token{}, Store{}, Disk{}, Origin{}, Server{}, TLS{}, Rule{}, Key{}, Bypass{}, Edits{}, Redirect{}, Respond{}, Log{}} {
		kind := reflect.TypeOf(target)
		for i := range kind.NumField() {
			name := kind.Name() + "." + kind.Field(i).Name
			if !set["*conf."+name] && !other[name] {
				t.Errorf("no setting sets %s", name)
			}
		}
	}
}

// fieldAt is the name of the field of target that c sets.
func fieldAt(t *testing.T, target any, c *setting) string {
	at := reflect.ValueOf(c.field(target)).Pointer()
	v := reflect.ValueOf(target).Elem()
	for i := range v.NumField() {
		if f := v.Field(i).Addr(); f.Pointer() == at && f.Type() == reflect.TypeOf(c.field(target)) {
			return v.Type().Field(i).Name
		}
	}
	if _, ok := target.(*Site); !ok {
		t.Errorf("%s sets no field of %T", c.name, target)
	}
	return ""
}
