package edge

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// inLanguage answers with what the request's Accept-Language is.
func inLanguage(fields ...string) func(*ask) {
	return func(a *ask) {
		a.give(200, fmt.Sprintf("%s %d", a.field("Accept-Language"), a.n), append(fields, "Vary: Accept-Language")...)
	}
}

// RFC 9111 section 4.1: each selection has its own response.
func TestVary(t *testing.T) {
	r := newRig(t, "", inLanguage("Cache-Control: max-age=60"))
	r.get("/a", "Accept-Language: de").want(t, 200, "fwd=uri-miss", "de 1")
	r.quiet()
	r.get("/a", "Accept-Language: fr").want(t, 200, "fwd=vary-miss", "fr 2")
	r.get("/a").want(t, 200, "fwd=vary-miss", " 3")
	r.quiet()
	r.get("/a", "Accept-Language: de").want(t, 200, "hit", "de 1")
	r.get("/a", "Accept-Language: fr").want(t, 200, "hit", "fr 2")
	r.get("/a").want(t, 200, "hit", " 3")
	r.do("HEAD", "/a", "Accept-Language: de").want(t, 200, "hit", "")
	r.purge("/a")
	r.get("/a", "Accept-Language: de").want(t, 200, "fwd=uri-miss", "de 4")
	r.get("/a", "Accept-Language: fr").want(t, 200, "detail=purged", "fr 5")
}

// A thousand clients of ten variants that ask at once cause one fetch for each
// variant, and no client gets another's.
func TestManyVariants(t *testing.T) {
	const variants, each = 10, 100
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		inLanguage("Cache-Control: max-age=60")(a)
	})
	var answers [variants][]<-chan *got
	for range each {
		for v := range variants {
			answers[v] = append(answers[v], r.later("/a", fmt.Sprintf("Accept-Language: x%d", v)))
		}
	}
	r.waiters(variants * each)
	r.await("the origin to be asked", func() bool { return len(r.origin.all()) > 0 })
	r.asked(1)
	close(release)
	for v := range answers {
		for _, a := range answers[v] {
			if g := <-a; g.status != 200 || !strings.HasPrefix(g.body, fmt.Sprintf("x%d ", v)) {
				t.Fatalf("variant %d: %d %q", v, g.status, g.body)
			}
		}
	}
	r.asked(variants)
}

// A response without Vary beside variants is found, served stale and renewed.
func TestPlainBesideVariants(t *testing.T) {
	r := newRig(t, "", inLanguage("Cache-Control: max-age=10, stale-while-revalidate=100"))
	r.get("/a", "Accept-Language: de").want(t, 200, "", "de 1")
	r.quiet()
	plain := numbered("Cache-Control: max-age=10, stale-while-revalidate=100", `ETag: "p"`)
	r.origin.now(plain)
	r.sleep(time.Second)
	r.get("/a", "Accept-Language: fr").want(t, 200, "fwd=vary-miss", "body 2")
	r.quiet()
	r.get("/a", "Accept-Language: fr").want(t, 200, "hit", "body 2")
	r.get("/a", "Accept-Language: it").want(t, 200, "hit", "body 2")
	r.sleep(20 * time.Second)
	r.get("/a", "Accept-Language: fr").want(t, 200, "hit; ttl=-10; detail=refresh", "body 2")
	r.quiet()
	r.get("/a", "Accept-Language: fr").want(t, 200, "hit; ttl=10", "body 3")
	if r.origin.last().field("If-None-Match") != `"p"` {
		t.Errorf("%v", r.origin.last().fields)
	}
}

// A variant that turns out to be not storable keeps none of the others from
// being shared.
func TestUncacheableVariant(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("Accept-Language") == "de" {
			a.give(200, "secret", "Cache-Control: private", "Vary: Accept-Language")
			return
		}
		inLanguage("Cache-Control: max-age=60")(a)
	})
	r.get("/a", "Accept-Language: fr").want(t, 200, "stored", "fr 1")
	r.quiet()
	r.get("/a", "Accept-Language: de").want(t, 200, "detail=private", "secret")
	r.get("/a", "Accept-Language: de").want(t, 200, "detail=private", "secret")
	r.get("/a", "Accept-Language: fr").want(t, 200, "hit", "fr 1")
	r.get("/a", "Accept-Language: it").want(t, 200, "fwd=vary-miss; fwd-status=200; ttl=60; stored", "it 4")
}

// With unknown_fields = "refuse" an unknown field keeps the response from being stored,
// unless the response varies by the field or the rule says that it does not matter.
func TestUnkeyedField(t *testing.T) {
	r := newRig(t, `unknown_fields = "refuse"
  key { ignore = ["X-Harmless"] }`, func(a *ask) {
		vary := "Vary: X-Tenant"
		if a.target == "/a" {
			vary = "X-None: 1"
		}
		a.give(200, a.field("X-Tenant"), "Cache-Control: max-age=60", vary)
	})
	r.get("/a", "X-Tenant: evil").want(t, 200, "fwd=uri-miss; fwd-status=200; detail=unkeyed-field", "evil")
	r.get("/a", "X-Harmless: 1").want(t, 200, "stored", "")
	r.quiet()
	r.get("/a", "X-Tenant: evil").want(t, 200, "hit", "")
	r.get("/b", "X-Tenant: one").want(t, 200, "stored", "one")
	r.quiet()
	r.get("/b", "X-Tenant: one").want(t, 200, "hit", "one")
	r.get("/b", "X-Tenant: two").want(t, 200, "fwd=vary-miss", "two")
}

// The fields and cookies of the rule's key tell responses apart.
func TestKeyedFields(t *testing.T) {
	r := newRig(t, `key {
    headers = ["X-Device"]
    cookies = ["lang"]
    query   = "keep"
    params  = ["id"]
  }`, numbered("Cache-Control: max-age=60"))
	r.get("/a?id=1&utm=2", "X-Device: phone").want(t, 200, "stored", "body 1")
	r.get("/a?id=1", "X-Device: tablet").want(t, 200, "stored", "body 2")
	r.get("/a?id=1", "X-Device: phone", "Cookie: lang=de").want(t, 200, "stored", "body 3")
	r.get("/a?id=2", "X-Device: phone").want(t, 200, "stored", "body 4")
	r.quiet()
	r.get("/a?x=y&id=1", "X-Device: phone", "Cookie: session=7").want(t, 200, "hit", "body 1")
	r.get("/a?id=1", "X-Device: phone", "Cookie: session=7; lang=de").want(t, 200, "hit", "body 3")
	if got := r.origin.all()[0].target; got != "/a?id=1" {
		t.Errorf("asked for %q", got)
	}
}

// A response without Vary is everybody's, although those who wait for it took
// it for a variant.
func TestPlainForThoseWhoWaitForAVariant(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", inLanguage("Cache-Control: max-age=60"))
	r.get("/a", "Accept-Language: de")
	r.quiet()
	r.origin.now(func(a *ask) {
		a.begin(200, 10, "Cache-Control: max-age=60")
		a.say("plain")
		a.wait(release)
		a.say("plain")
	})
	answers := make([]<-chan *got, 5)
	for i := range answers {
		answers[i] = r.later("/a", "Accept-Language: fr")
	}
	r.await("readers", func() bool {
		all := r.node.Fills()
		return len(all) == 1 && all[0].Readers == len(answers)
	})
	close(release)
	for _, a := range answers {
		(<-a).want(t, 200, "fwd=vary-miss", "plainplain")
	}
	r.asked(2)
}

// turnedEnglish is a node with a stale French page for those who would rather have an
// English one, which there is by now, once hold is closed.
func turnedEnglish(t *testing.T, hold chan struct{}) *rig {
	t.Helper()
	english := false
	r := newRig(t, "", func(a *ask) {
		if english && a.field("Accept-Language") != "fr" {
			a.wait(hold)
			a.give(200, "hello", "Cache-Control: max-age=10", "Vary: Accept-Language", "Content-Language: en")
			return
		}
		a.give(200, "bonjour", "Cache-Control: max-age=10", "Vary: Accept-Language", "Content-Language: fr")
	})
	r.get("/a", "Accept-Language: en, fr;q=0.5").want(t, 200, "", "bonjour")
	r.quiet()
	r.sleep(20 * time.Second)
	english = true
	return r
}

// A variant that is in another language by now is not given to those who like the one
// that it was in.
func TestVariantChangesItsLanguage(t *testing.T) {
	hold := make(chan struct{})
	close(hold)
	r := turnedEnglish(t, hold)
	r.get("/a", "Accept-Language: en, fr;q=0.5").want(t, 200, "", "hello")
	r.quiet()
	if g := r.get("/a", "Accept-Language: fr"); g.body != "bonjour" {
		t.Errorf("who reads French got %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// Nor to those who waited for it.
func TestVariantChangesItsLanguageForThoseWhoWait(t *testing.T) {
	hold := make(chan struct{})
	r := turnedEnglish(t, hold)
	x := r.later("/a", "Accept-Language: en, fr;q=0.5")
	r.waiters(1)
	w := r.later("/a", "Accept-Language: fr")
	time.Sleep(50 * time.Millisecond)
	close(hold)
	(<-x).want(t, 200, "", "hello")
	if g := <-w; g.body != "bonjour" {
		t.Errorf("who reads French and waited got %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// What the origin knows of the address the client has not sent: its variants cannot be
// told apart.
func TestVaryByAddress(t *testing.T) {
	for _, name := range []string{"X-Forwarded-For", "Forwarded"} {
		r := newRig(t, "", func(a *ask) {
			a.give(200, "for "+a.field("X-Forwarded-For"), "Cache-Control: max-age=60", "Vary: "+name)
		})
		from := func(addr string) *got {
			c := r.client()
			c.ask("GET", "/a")
			c.x.Request.Peer = netip.MustParseAddrPort(addr + ":1")
			c.serve()
			g := c.reply()
			g.body, g.err = c.content()
			c.done()
			r.quiet()
			return g
		}
		if g := from("192.0.2.1"); g.body != "for 192.0.2.1" {
			t.Fatal(g.body)
		}
		if g := from("192.0.2.2"); g.body != "for 192.0.2.2" {
			t.Errorf("Vary: %s: 192.0.2.2 got %q: %s", name, g.body, g.cache)
		}
	}
}
