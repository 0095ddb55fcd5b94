package edge

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// provocation is a request with fields of its own, and what an origin makes of them.
type provocation struct {
	name   string
	fields []string
	answer func(*ask)
}

// provocations are requests that an origin refuses because of what they carry.
func provocations() []provocation {
	long := "Referer: " + strings.Repeat("x", 8200)
	scanner := "User-Agent: scanner/1.0"
	return []provocation{
		{"403 for a User-Agent", []string{scanner}, always(403, "no")},
		{"403 that is not to be stored", []string{scanner}, always(403, "no", "Cache-Control: no-store")},
		{"403 that is private", []string{scanner}, always(403, "no", "Cache-Control: private, max-age=0")},
		{"403 with a validator", []string{scanner}, always(403, "no", "Cache-Control: max-age=0", `ETag: "no"`)},
		{"429 for a User-Agent", []string{scanner}, always(429, "slowly", "Retry-After: 60")},
		{"451 for a User-Agent", []string{scanner}, always(451, "no")},
		{"431 for a long field", []string{long}, always(431, "too long")},
		{"400 for a long field", []string{long}, always(400, "too long", "Cache-Control: no-store")},
		{"412 for a condition", []string{`If-None-Match: "x"`}, always(412, "no")},
		{"416 for a range", []string{"Range: bytes=900-"}, always(416, "no")},
		{"401 for credentials", []string{"Authorization: Basic x"}, always(401, "no", "WWW-Authenticate: Basic")},
		{"406 for Accept", []string{"Accept: x/y"}, always(406, "no")},
		{"406 for Accept-Language", []string{"Accept-Language: xx"}, always(406, "no")},
		{"403 for Origin", []string{"Origin: https://evil.test"}, always(403, "no")},
		{"415 for Content-Type", []string{"Content-Type: x/y"}, always(415, "no")},
		{"417 for Expect", []string{"Expect: 100-continue"}, always(417, "no")},
		{"405 for a method's name", []string{"X-HTTP-Method-Override: DELETE"}, always(405, "no")},
		{"400 for a cookie", []string{"Cookie: x=1"}, always(400, "no")},
		{"500 for an odd field", []string{"X-Odd: 1"}, always(500, "oops")},
		{"503 for a User-Agent", []string{scanner}, always(503, "wait", "Cache-Control: no-store")},
		{"302 for a User-Agent", []string{scanner}, always(302, "", "Location: /challenge")},
		{"a challenge for a User-Agent", []string{scanner}, always(200, "prove it", "Cache-Control: no-store")},
		{"a private page for a User-Agent", []string{scanner}, always(200, "prove it", "Cache-Control: private")},
		{"a closed connection for a User-Agent", []string{scanner}, func(a *ask) { a.hangUp() }},
	}
}

// provoked reports whether the request that the origin got is p's. A field that
// does not reach the origin provokes nothing.
func (p *provocation) provoked(a *ask) bool {
	name, value, _ := strings.Cut(p.fields[0], ": ")
	return a.field(name) == value
}

// state is what is stored when a provocation comes.
type state struct {
	name  string
	fresh string // Cache-Control of the page
	cold  bool   // nothing is stored
}

func states() []state {
	return []state{
		{name: "cold", fresh: "max-age=60", cold: true},
		{name: "must be validated", fresh: "max-age=5, must-revalidate"},
		{name: "never fresh", fresh: "no-cache"},
		{name: "stale", fresh: "max-age=5, stale-if-error=600"},
		{name: "stale, refreshed", fresh: "max-age=5, stale-while-revalidate=600, stale-if-error=600"},
	}
}

// provokedRig has a page in a state, and an origin that answers as p says. good is
// asked before the page is given to anybody else; it counts these requests.
func provokedRig(t *testing.T, p *provocation, s state, good func(n int)) *rig {
	var mu sync.Mutex
	n := 0
	r := newRig(t, "", func(a *ask) {
		if p.provoked(a) {
			p.answer(a)
			return
		}
		mu.Lock()
		n++
		asked := n
		mu.Unlock()
		good(asked)
		if a.field("If-None-Match") == `"1"` {
			a.give(304, "", "Cache-Control: "+s.fresh, `ETag: "1"`)
			return
		}
		a.give(200, "page", "Cache-Control: "+s.fresh, `ETag: "1"`)
	})
	if !s.cold {
		r.get("/a").want(t, 200, "stored", "page")
		r.quiet()
		r.sleep(8 * time.Second)
	}
	return r
}

// Right after a request that was refused, a herd makes one fetch.
func TestHerdAfterProvocation(t *testing.T) {
	for _, s := range states() {
		if s.fresh == "no-cache" {
			continue // each use asks the origin
		}
		for _, p := range provocations() {
			t.Run(s.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				release := make(chan struct{})
				r := provokedRig(t, &p, s, func(n int) {
					if n > 1 || s.cold {
						select {
						case <-release:
						case <-time.After(5 * time.Second):
						}
					}
				})
				stored := r.goodAsks(&p)
				provoker := r.later("/a", p.fields...)
				r.await("the answer, unless the field did not provoke it", func() bool { return len(provoker) == 1 || r.goodAsks(&p) > stored })
				before := r.goodAsks(&p)
				var answers []<-chan *got
				for range 40 {
					answers = append(answers, r.later("/a"))
				}
				time.Sleep(50 * time.Millisecond)
				close(release)
				<-provoker
				for _, a := range answers {
					if g := <-a; g.body != "page" {
						t.Errorf("%d %q %s", g.status, g.body, g.cache)
					}
				}
				if n := r.goodAsks(&p) - before; n > 1 || before > 1 && s.cold {
					t.Errorf("40 clients made %d fetches, %d went before", n, before)
				}
			})
		}
	}
}

// goodAsks is how many requests the origin got that were not provoked.
func (r *rig) goodAsks(p *provocation) (n int) {
	for _, a := range r.origin.all() {
		if !p.provoked(a) {
			n++
		}
	}
	return n
}

// A request that was refused takes nothing from others: with the origin down, they
// get what is stored.
func TestStaleAfterProvocation(t *testing.T) {
	for _, s := range states()[3:] {
		for _, p := range provocations() {
			t.Run(s.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				r := provokedRig(t, &p, s, func(int) {})
				r.get("/a", p.fields...)
				r.quiet()
				r.origin.down()
				r.get("/a").want(t, 200, "", "page")
			})
		}
	}
}

// Nor is it taken where each use asks the origin: the next client validates it.
func TestValidatedAfterProvocation(t *testing.T) {
	for _, s := range states()[1:3] {
		for _, p := range provocations() {
			t.Run(s.name+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				r := provokedRig(t, &p, s, func(int) {})
				r.get("/a", p.fields...)
				r.quiet()
				r.sleep(8 * time.Second)
				r.get("/a").want(t, 200, "fwd-status=304", "page")
			})
		}
	}
}

// Clients that wait behind a request that is refused join another fetch.
func TestWaitersBehindProvocation(t *testing.T) {
	for _, p := range provocations() {
		if strings.HasPrefix(p.name, "416") || strings.Contains(p.fields[0], "scanner") && strings.Contains(p.name, "page") ||
			strings.HasPrefix(p.name, "a challenge") || strings.HasPrefix(p.name, "302") {
			continue // nobody waits for a range; clients behind a page that may be everybody's own do not wait again
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.n == 1 {
					a.wait(release)
					p.answer(a)
					return
				}
				time.Sleep(200 * time.Millisecond)
				a.give(200, "page", "Cache-Control: max-age=60")
			})
			r.herd(release, p.fields[0])
		})
	}
}

// Clients do not wait one after another for a page that is refused to everybody.
func TestRefusedToAll(t *testing.T) {
	for _, status := range []int{403, 404, 429, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			const clients = 60
			enough, first := make(chan struct{}), make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				switch {
				case a.n == 1:
					a.wait(first)
				case a.n <= 1+maxRefused:
					time.Sleep(200 * time.Millisecond) // those who wait are woken meanwhile
				case a.n == clients/2:
					close(enough)
				default: // the others come together, or this waits in vain
					select {
					case <-enough:
					case <-time.After(5 * time.Second):
					}
				}
				a.give(status, "no", "Cache-Control: no-store")
			})
			var answers []<-chan *got
			for range clients {
				answers = append(answers, r.later("/a"))
			}
			r.waiters(clients)
			close(first)
			for _, a := range answers {
				(<-a).want(t, status, "", "no")
			}
			select {
			case <-enough:
			default:
				t.Error("the clients were not at the origin together")
			}
		})
	}
}

// Refused requests that come all the time, of many kinds, do not end collapsing.
func TestProvocationsOfManyKinds(t *testing.T) {
	for _, answer := range []func(*ask){always(403, "no"), always(500, "oops"), func(a *ask) { a.hangUp() }} {
		release := make(chan struct{})
		r := newRig(t, "", func(a *ask) {
			if strings.HasPrefix(a.field("User-Agent"), "scanner") {
				answer(a)
				return
			}
			a.wait(release)
			a.give(200, "page", "Cache-Control: max-age=60")
		})
		for i := range 10 {
			r.get("/a", fmt.Sprint("User-Agent: scanner/", i))
		}
		var answers []<-chan *got
		for range 40 {
			answers = append(answers, r.later("/a"))
		}
		r.waiters(40)
		close(release)
		for _, a := range answers {
			(<-a).want(t, 200, "", "page")
		}
		r.asked(11)
	}
}

// One kind of client that gets pages of its own does not speak for the others. Two
// kinds do: then nobody waits.
func TestConfirmedByAnotherKind(t *testing.T) {
	r := newRig(t, "", always(200, "own", "Cache-Control: private"))
	r.get("/a", "User-Agent: one").want(t, 200, "fwd=uri-miss", "own")
	r.get("/a", "User-Agent: one").want(t, 200, "detail=private", "own")
	r.get("/a", "User-Agent: two").want(t, 200, "fwd=uri-miss", "own")
	g := r.get("/a", "User-Agent: three")
	if g.outcome.Reason.String() != "hit-for-miss" {
		t.Errorf("%v", g.outcome.Reason)
	}
}

// A stored response is out of date if the node's own request says so, not if one
// client's does.
func TestPageTurnsPrivate(t *testing.T) {
	for _, s := range states()[1:] {
		t.Run(s.name, func(t *testing.T) {
			r := newRig(t, `stale_if_error = "1h"`, always(200, "page", "Cache-Control: "+s.fresh, `ETag: "1"`))
			r.get("/a").want(t, 200, "stored", "page")
			r.quiet()
			r.sleep(8 * time.Second)
			r.origin.now(always(200, "own", "Cache-Control: private"))
			r.get("/a")
			r.quiet()
			r.asked(3 - strings.Count(s.fresh, "while"))
			r.origin.down()
			r.get("/a").want(t, 502, "", r.get("/a").body)
		})
	}
}

// A refresh carries what the key and Vary need, and fields of the node's own.
func TestRefreshIsTheNodesOwn(t *testing.T) {
	client := []string{
		"User-Agent: browser/1", "Accept: text/html", "Accept-Encoding: zstd, gzip;q=0.5", "Accept-Language: de", "Cookie: currency=eur; session=1",
		"Referer: https://x.test/", "Origin: https://x.test", "X-Odd: 1", "X-Shop: a", "HX-Request: true", "X-Request-ID: client",
		"Cache-Control: max-age=0", "Sec-Fetch-Mode: navigate", "Authorization: Basic x", "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
	own := []string{"Accept", "Accept-Encoding", "Cdn-Loop", "Forwarded", "Host", "If-None-Match", "Surrogate-Capability", "User-Agent", "Via",
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Request-Id"}
	for name, c := range map[string]struct {
		settings, vary string
		want           map[string]string // beyond the node's own; empty: not sent
	}{
		"nothing":     {"", "", nil},
		"Vary":        {"", "User-Agent, Accept-Language", map[string]string{"User-Agent": "browser/1", "Accept-Language": "de"}},
		"key":         {`key { headers = ["X-Shop"], cookies = ["currency"] }`, "", map[string]string{"X-Shop": "a", "Cookie": "currency=eur"}},
		"separate":    {`unknown_fields = "separate"`, "", map[string]string{"X-Odd": "1", "X-Shop": "a"}},
		"edits":       {`request { set = { "User-Agent" = "mine" } }`, "", map[string]string{"User-Agent": "mine"}},
		"edits, none": {`request { remove = ["User-Agent"] }`, "", map[string]string{"User-Agent": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, strings.ReplaceAll(c.settings, ", cookies", "\ncookies"), func(a *ask) {
				fields := []string{"Cache-Control: public, max-age=5, stale-while-revalidate=60", `ETag: "1"`}
				if c.vary != "" {
					fields = append(fields, "Vary: "+c.vary)
				}
				a.give(200, "page", fields...)
			})
			r.get("/a", client...).want(t, 200, "stored", "page")
			r.quiet()
			r.sleep(6 * time.Second)
			r.get("/a", client...).want(t, 200, "detail=refresh", "page")
			r.quiet()
			r.asked(2)
			a := r.origin.last()
			want := map[string]string{"User-Agent": "brink", "Accept": "*/*", "Accept-Encoding": "gzip, zstd", "Hx-Request": "true"}
			for field, value := range c.want {
				want[field] = value
			}
			for field, value := range want {
				if a.field(field) != value {
					t.Errorf("%s: %q, want %q", field, a.field(field), value)
				}
			}
			for field := range a.fields {
				if _, ok := want[field]; !ok && !slices.Contains(own, field) {
					t.Errorf("the origin got %s: %q", field, a.field(field))
				}
			}
			if id := a.field("X-Request-Id"); id == "" || id == "client" {
				t.Errorf("X-Request-ID %q", id)
			}
			if f := a.field("Forwarded"); strings.Contains(f, "192.0.2.1") {
				t.Errorf("Forwarded %q", f)
			}
			r.get("/a", client...).want(t, 200, "hit; ttl=5", "page")
		})
	}
}

// Where a response varies by a field that the client did not send, the refresh does
// not send it either.
func TestRefreshWithoutTheField(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=5, stale-while-revalidate=60", "Vary: User-Agent, Accept"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(6 * time.Second)
	r.get("/a").want(t, 200, "detail=refresh", "body 1")
	r.quiet()
	if a := r.origin.last(); a.field("User-Agent") != "" || a.field("Accept") != "" {
		t.Errorf("%v", a.fields)
	}
	r.get("/a").want(t, 200, "hit; ttl=5", "body 2")
}

// While the origin refuses refreshes, clients get the stale response, and are told
// why. Afterwards their own requests renew it.
func TestRefreshRefused(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("User-Agent") == "brink" {
			a.give(403, "no")
			return
		}
		numbered("Cache-Control: max-age=5, stale-while-revalidate=60")(a)
	})
	ask := func() *got { return r.get("/a", "User-Agent: browser") }
	ask().want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(6 * time.Second)
	ask().want(t, 200, "hit; ttl=-1; detail=refresh", "body 1")
	r.quiet()
	for range 3 {
		ask().want(t, 200, "hit; ttl=-1; detail=refresh-refused", "body 1")
		r.quiet()
	}
	r.asked(2) // the next one waits for a second
	r.sleep(2 * time.Second)
	ask().want(t, 200, "hit; ttl=-3; detail=refresh-refused", "body 1")
	r.quiet()
	r.asked(3)
	if !strings.Contains(r.log.String(), "403") {
		t.Errorf("the log does not tell of it: %s", r.log.String())
	}
	r.sleep(time.Minute)
	ask().want(t, 200, "stored", "body 4")
	r.quiet()
	r.sleep(6 * time.Second)
	ask().want(t, 200, "hit; ttl=-1; detail=refresh", "body 4")
}

// evict_status says which statuses take the place of what is stored.
func TestEvictStatus(t *testing.T) {
	for name, c := range map[string]struct {
		setting string
		status  int
		evicts  bool
	}{
		"404": {"", 404, true}, "410": {"", 410, true}, "403": {"", 403, false},
		"403, said": {"evict_status = [403]", 403, true}, "404, not said": {"evict_status = [403]", 404, false}, "none": {"evict_status = []", 410, false},
	} {
		for _, swr := range []string{"", ", stale-while-revalidate=60"} {
			t.Run(name+swr, func(t *testing.T) {
				r := newRig(t, c.setting+"\n"+`stale_if_error = "1h"`, always(200, "page", "Cache-Control: max-age=5"+swr))
				r.get("/a").want(t, 200, "stored", "page")
				r.quiet()
				r.sleep(6 * time.Second)
				r.origin.now(always(c.status, "no"))
				r.get("/a")
				r.quiet()
				r.origin.down()
				g := r.get("/a")
				if evicted := g.body != "page"; evicted != c.evicts {
					t.Errorf("%d %q %s", g.status, g.body, g.cache)
				}
			})
		}
	}
}

// An error that the origin says how long to store takes no place of a response that
// may still be served, if it answers one client's request.
func TestFreshRefusal(t *testing.T) {
	for _, s := range states()[1:] {
		t.Run(s.name, func(t *testing.T) {
			p := provocation{fields: []string{"User-Agent: scanner"}, answer: always(403, "no", "Cache-Control: max-age=60")}
			r := provokedRig(t, &p, s, func(int) {})
			r.get("/a", p.fields...)
			r.quiet()
			if g := r.get("/a"); g.body != "page" {
				t.Errorf("%d %q %s", g.status, g.body, g.cache)
			}
		})
	}
}
