package edge

import (
	"net/netip"
	"strings"
	"testing"

	"brink/edge/message"
)

// behind is a client whose connection is a trusted proxy's, from the address of
// the rig's clients.
func (r *rig) behind() *fakeClient {
	c := r.client()
	c.trusted = message.Proxies{netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("172.16.0.0/12")}
	return c
}

// wayOf answers with what the origin is told of the client.
func wayOf(fields ...string) func(*ask) {
	return func(a *ask) {
		a.give(200, a.field("Host")+" "+a.field("X-Forwarded-Proto")+" "+a.field("X-Forwarded-Host")+" "+a.field("X-Real-IP")+" ("+a.field("X-Forwarded-For")+")", fields...)
	}
}

// The client of a proxy may purge if its own address may, and the proxy if it asks
// for itself.
func TestPurgingBehindProxy(t *testing.T) {
	for _, c := range []struct {
		name, host string // a.test allows the proxy's own address, c.test 192.0.2.2
		fields     string
		status     int
	}{
		{"client", "c.test", "X-Forwarded-For: 192.0.2.2", 200},
		{"client of two", "c.test", "X-Forwarded-For: 6.6.6.6, 192.0.2.2, 172.16.0.1|Via: 1.1 x", 200},
		{"client by another field", "c.test", "X-Real-IP: 192.0.2.2|Via: 1.1 x", 200},
		{"client in the standard field", "c.test", "Forwarded: for=192.0.2.2;proto=https", 200},
		{"proxy itself", "a.test", "X-Purge-Method: exact", 200},

		{"another client", "c.test", "X-Forwarded-For: 6.6.6.6", 405},
		{"spoofed in front", "c.test", "X-Forwarded-For: 192.0.2.2, 6.6.6.6", 405},
		{"spoofed in another field", "c.test", "X-Forwarded-For: 6.6.6.6|X-Real-IP: 192.0.2.2|Forwarded: for=192.0.2.2", 405},
		{"client of an allowed proxy", "a.test", "X-Forwarded-For: 6.6.6.6", 405},
		{"unknown client of an allowed proxy", "a.test", "X-Forwarded-For: unknown", 405},
		{"client that nobody names", "a.test", "Via: 1.1 x", 405},
		{"empty list", "a.test", "X-Forwarded-For: ,", 405},
		{"scheme, but no client", "a.test", "X-Forwarded-Proto: https", 405},
	} {
		r := purgingRig(t)
		fields := append([]string{"Host: " + c.host}, strings.Split(c.fields, "|")...)
		if g := r.behind().do("PURGE", "/x", fields...); g.status != c.status {
			t.Errorf("%s: %d %s", c.name, g.status, g.body)
		}
		if c.status != 200 {
			continue
		}
		// The same from elsewhere is nobody's.
		client := r.behind()
		client.trusted = message.Proxies{netip.MustParsePrefix("192.0.2.9/32")}
		if g := client.do("PURGE", "/x", fields...); g.status != 405 && c.name != "proxy itself" {
			t.Errorf("%s, not trusted: %d %s", c.name, g.status, g.body)
		}
	}
}

// A page by http and the same by https are two, and a purge by either name is of
// both.
func TestSchemeBehindProxy(t *testing.T) {
	for _, by := range []string{"http", "https"} {
		r := newRig(t, `purge { allow = ["192.0.2.1"] }`, func(a *ask) {
			if a.field("X-Forwarded-Proto") != "https" {
				a.give(301, "", "Location: https://a.test"+a.target, "Cache-Control: max-age=60")
				return
			}
			a.give(200, "page", "Cache-Control: max-age=60")
		})
		secure := func() *got {
			return r.behind().do("GET", "/x", "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.7")
		}
		for _, cache := range []string{"fwd=uri-miss", "hit", "purge", "fwd=uri-miss", "hit"} {
			if cache == "purge" {
				r.behind().do("PURGE", "/x", "X-Forwarded-Proto: "+by, "X-Forwarded-For: 192.0.2.1").want(t, 200, "detail=purge", "{\"seq\":1}\n")
				continue
			}
			secure().want(t, 200, cache, "page")
			r.behind().do("GET", "/x").want(t, 301, cache, "")
			r.quiet() // the next one is a hit, and not collapsed with the end of that fetch
			// A peer that is not trusted counts as http, whatever its fields say.
			r.get("/x", "X-Forwarded-Proto: https").want(t, 301, "hit", "")
			r.quiet()
		}
		r.asked(4)
	}
}

// The host that a proxy names is the request's: site, key, and what the origin gets.
func TestHostBehindProxy(t *testing.T) {
	o := newFakeOrigin(t, wayOf("Cache-Control: max-age=60"))
	r := startRig(t, o, `
node { id = "edge-1" }
log { access = "off" }
origin "app" { server "http://`+o.l.Addr().String()+`" {} }
site "shop" {
  hosts  = ["shop.test"]
  origin = "app"
}
site "inner" {
  hosts = ["inner.test"]
  respond { body = "inner" }
}`)
	proxied := func(fields ...string) *got {
		g := r.behind().do("GET", "/x", append(fields, "Host: inner.test", "X-Forwarded-For: 192.0.2.7")...)
		r.quiet()
		return g
	}
	proxied("X-Forwarded-Host: Shop.test:443", "X-Forwarded-Proto: https").want(t, 200, "fwd=uri-miss", "shop.test https shop.test 192.0.2.7 (192.0.2.7, 192.0.2.1)")
	proxied("X-Forwarded-Host: shop.test", "X-Forwarded-Proto: https").want(t, 200, "hit", "shop.test https shop.test 192.0.2.7 (192.0.2.7, 192.0.2.1)")
	proxied("Forwarded: host=shop.test").want(t, 200, "detail=respond-rule", "inner")
	for _, target := range []string{"http://inner.test/abs", "http://SHOP.test/abs", "http://inner.test:80/abs"} {
		r.behind().do("GET", target, "Host: inner.test", "X-Forwarded-Host: shop.test").want(t, 200, "", "shop.test http shop.test  (192.0.2.1)")
		r.behind().do("GET", target, "Host: inner.test", "Forwarded: for=192.0.2.7;host=\"shop.test\"").want(t, 200, "hit", "shop.test http shop.test  (192.0.2.1)")
		r.quiet()
	}
	r.behind().do("GET", "http://shop.test/abs", "Host: inner.test", "X-Forwarded-For: 192.0.2.7").want(t, 200, "hit", "shop.test http shop.test  (192.0.2.1)")
	r.behind().do("OPTIONS", "*", "Host: inner.test", "X-Forwarded-Host: other.test").want(t, 421, "", "421 Misdirected Request: unknown-host\n")
	if r.behind().tryAsk("GET", "http://in ner.test/x", "X-Forwarded-Host: shop.test") {
		t.Error("a malformed target is taken")
	}
	r.get("http://inner.test/x", "Host: shop.test", "X-Forwarded-Host: shop.test").want(t, 200, "detail=respond-rule", "inner")
	proxied("X-Forwarded-Host: other.test").want(t, 421, "detail=unknown-host", "421 Misdirected Request: unknown-host\n")
	r.get("/x", "Host: inner.test", "X-Forwarded-Host: shop.test").want(t, 200, "detail=respond-rule", "inner")
	r.get("/x", "Host: shop.test", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https", "X-Real-IP: 6.6.6.6", "X-Forwarded-For: 6.6.6.6").
		want(t, 200, "fwd=uri-miss", "shop.test http shop.test  (192.0.2.1)")
	r.quiet()
}

// The refresh of a stored response tells nothing of the client that caused it.
func TestRefreshBehindProxy(t *testing.T) {
	r := newRig(t, "", wayOf("Cache-Control: max-age=1, stale-while-revalidate=60"))
	c := r.behind()
	ask := func(client string) *got {
		g := c.do("GET", "/x", "X-Forwarded-For: "+client)
		r.quiet()
		r.sleep(2e9)
		return g
	}
	ask("192.0.2.7").want(t, 200, "fwd=uri-miss", "a.test http a.test 192.0.2.7 (192.0.2.7, 192.0.2.1)")
	ask("192.0.2.8").want(t, 200, "hit; ttl=-1", "a.test http a.test 192.0.2.7 (192.0.2.7, 192.0.2.1)")
	ask("192.0.2.9").want(t, 200, "hit; ttl=-1", "a.test http a.test  ()")
}

// A response that varies by the client's address is not shared. A loop is detected
// whoever sent the request.
func TestNotSharedBehindProxy(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "Forwarded"} {
		r := newRig(t, "", wayOf("Cache-Control: max-age=60", "Vary: "+name))
		r.behind().do("GET", "/x", "X-Forwarded-For: 192.0.2.7").want(t, 200, "detail=vary-star", "a.test http a.test 192.0.2.7 (192.0.2.7, 192.0.2.1)")
		r.behind().do("GET", "/x", "X-Forwarded-For: 192.0.2.8").want(t, 200, "detail=vary-star", "a.test http a.test 192.0.2.8 (192.0.2.8, 192.0.2.1)")
		r.quiet()
		r.behind().do("GET", "/x", "X-Forwarded-For: 192.0.2.8", "CDN-Loop: edge-1").want(t, 508, "detail=loop", "508 Loop Detected: loop\n")
	}
}

// A hit behind a proxy allocates nothing.
func TestNoAllocsBehindProxy(t *testing.T) {
	r := newRig(t, "", always(200, digits, "Cache-Control: max-age=60"))
	c := r.behind()
	fields := []string{"X-Forwarded-For: 2001:db8::1, 172.16.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: b.test"}
	c.do("GET", "/a", fields...)
	r.quiet()
	c.ask("GET", "/a", fields...)
	request := c.x.Request
	n := testing.AllocsPerRun(200, func() {
		x := &c.x
		x.Request, x.Reply = request, message.Reply{Body: x.Reply.Body[:0]}
		c.trusted.Believe(&x.Request, "http", nil)
		if !r.node.TryServe(x) || x.Reply.Head.Status != 200 {
			t.Fatal("not from RAM")
		}
		r.node.Done(x, message.Sent{Complete: true})
	})
	if n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}
