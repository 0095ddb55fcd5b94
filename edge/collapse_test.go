package edge

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
)

// many begins n requests for a URL and waits until all of them wait for the
// response to one, which the origin has got.
func (r *rig) many(n int, target string, fields ...string) []<-chan *got {
	r.t.Helper()
	asked := len(r.origin.all())
	answers := make([]<-chan *got, n)
	for i := range answers {
		answers[i] = r.later(target, fields...)
	}
	r.waiters(n)
	r.await("the origin to be asked", func() bool { return len(r.origin.all()) > asked })
	return answers
}

// gathered lets an origin's answers go only once n requests are there at the
// same time.
func gathered(n int, answer func(*ask)) func(*ask) {
	arrived := make(chan struct{}, n)
	all := make(chan struct{})
	go func() {
		for range n {
			<-arrived
		}
		close(all)
	}()
	return func(a *ask) {
		arrived <- struct{}{}
		select {
		case <-all:
			answer(a)
		case <-time.After(5 * time.Second):
			a.give(599, "one after the other")
		}
	}
}

func TestCollapse(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		numbered("Cache-Control: max-age=60")(a)
	})
	answers := r.many(50, "/a")
	close(release)
	leads := 0
	for _, a := range answers {
		g := <-a
		g.want(t, 200, "fwd=uri-miss", "body 1")
		if g.outcome.Fetched {
			leads++
		} else if g.cache != "fwd=uri-miss; ttl=60; collapsed" || g.outcome.Outcome != message.Miss {
			t.Errorf("%s", g.cache)
		}
	}
	if leads != 1 {
		t.Errorf("%d lead", leads)
	}
	r.asked(1)
	r.quiet()
	r.get("/a").want(t, 200, "hit", "body 1")
}

// What has arrived of a body is passed on while the rest is still to come, to
// the client that leads and to those that come later.
func TestBodyStreams(t *testing.T) {
	for name, length := range map[string]int{"announced": 8, "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				a.begin(200, length, "Cache-Control: max-age=60")
				if length > 0 {
					a.say("half")
					a.wait(release)
					a.say("rest")
					return
				}
				a.say("4\r\nhalf\r\n")
				a.wait(release)
				a.say("4\r\nrest\r\n0\r\n\r\n")
			})
			var clients []*fakeClient
			for range 3 {
				c := r.client()
				c.ask("GET", "/a")
				c.serve()
				b, err := c.x.Reply.Stream.Next(true)
				if string(b) != "half" || err != nil {
					t.Fatalf("%q, %v", b, err)
				}
				clients = append(clients, c)
			}
			close(release)
			for _, c := range clients {
				if body, err := c.content(); body != "rest" && err == nil {
					t.Errorf("%q, %v", body, err)
				}
				c.done()
			}
			r.quiet()
			r.get("/a").want(t, 200, "hit", "halfrest")
			r.asked(1)
		})
	}
}

// A client that leaves, the one that leads too, does not stop the fetch.
func TestLeaderLeaves(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.begin(200, 8, "Cache-Control: max-age=60")
		a.say("half")
		a.wait(release)
		a.say("rest")
	})
	leader, other := r.client(), r.client()
	for _, c := range []*fakeClient{leader, other} {
		c.ask("GET", "/a")
		c.serve()
	}
	leader.done()
	close(release)
	if body, err := other.content(); body != "halfrest" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
	other.done()
	r.quiet()
	r.get("/a").want(t, 200, "hit", "halfrest")
	r.asked(1)
}

// A body that breaks off is passed on as one that did, and not stored.
func TestBodyBreaksOff(t *testing.T) {
	for name, length := range map[string]int{"announced": 8, "chunked": -1} {
		for kind, fields := range map[string][]string{"shared": nil, "alone": {"X-Odd: 1"}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				r := newRig(t, "", func(a *ask) {
					a.begin(200, length, "Cache-Control: max-age=60", "Vary: X-Odd")
					a.say("4\r\nhalf")
					a.hangUp()
				})
				g := r.get("/a", fields...)
				if g.status == 200 && g.err == nil {
					t.Errorf("%d %q %v", g.status, g.body, g.err)
				}
				r.quiet()
				if r.stored("/a", fields...) != nil {
					t.Error("stored")
				}
			})
		}
	}
}

// What is not to be shared is fetched by all who waited, at the same time, and
// for a while by all who come.
func TestHitForMiss(t *testing.T) {
	const n = 20
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		a.give(200, fmt.Sprint("body ", a.n), "Cache-Control: private")
	})
	answers := r.many(n, "/a")
	rest := gathered(n-1, numbered("Cache-Control: private"))
	r.origin.now(rest)
	close(release)
	bodies := make(map[string]bool)
	for _, a := range answers {
		g := <-a
		if g.status != 200 || bodies[g.body] {
			t.Errorf("%d %q", g.status, g.body)
		}
		bodies[g.body] = true
	}
	r.asked(n)

	r.origin.now(gathered(2, numbered("Cache-Control: private")))
	one, two := r.later("/a"), r.later("/a")
	for _, a := range []<-chan *got{one, two} {
		if g := <-a; g.status != 200 || g.cache != "fwd=miss; fwd-status=200; detail=private" {
			t.Errorf("%d %s", g.status, g.cache)
		}
	}
}

// The memory of what was not storable ends with the first response that is,
// and in any case after a while.
func TestHitForMissEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  func(*ask)
		fields []string
		span   time.Duration
	}{
		{"private", always(200, "", "Cache-Control: private"), nil, 120 * time.Second},
		{"with Authorization", always(200, "", "Cache-Control: max-age=60"), []string{"Authorization: Basic eA=="}, 120 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, "", c.first)
			marked := func() bool {
				r.t.Helper()
				client := r.client()
				client.ask("GET", "/a", c.fields...)
				x := r.node.begin(&client.x)
				r.node.route(x)
				r.node.lookup(x)
				return r.node.fetchApart(x)
			}
			r.get("/a", c.fields...)
			if !marked() {
				t.Fatal("not remembered")
			}
			r.sleep(c.span - 1)
			if !marked() {
				t.Error("forgotten early")
			}
			r.sleep(1)
			if marked() {
				t.Error("remembered for too long")
			}
			r.get("/a", c.fields...)
			r.origin.now(always(200, "", "Cache-Control: s-maxage=60"))
			r.get("/a", c.fields...)
			r.quiet()
			if marked() {
				t.Error("remembered although it is stored")
			}
		})
	}
}

// What only one request brought about is not held against the URL.
func TestMarksAreNotAClientsDoing(t *testing.T) {
	for name, fields := range map[string][]string{
		"no-store":            {"Cache-Control: no-store"},
		"unkeyed field":       {"X-Odd: 1"},
		"unsatisfiable range": {"Range: bytes=100-"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `unknown_fields = "refuse"`, func(a *ask) {
				if a.field("Range") != "" {
					a.give(416, "", "Content-Range: bytes */5")
					return
				}
				a.give(200, "whole", "Cache-Control: max-age=60")
			})
			r.get("/a", fields...)
			release := make(chan struct{})
			r.origin.now(func(a *ask) {
				a.wait(release)
				a.give(200, "whole", "Cache-Control: max-age=60")
			})
			answers := r.many(2, "/a")
			close(release)
			for _, a := range answers {
				(<-a).want(t, 200, "", "whole")
			}
			r.asked(2)
		})
	}
}

// A request that forbids storing its response makes nobody wait for it.
func TestNoStoreIsNotWaitedFor(t *testing.T) {
	r := newRig(t, "", gathered(2, numbered("Cache-Control: max-age=60")))
	one := r.later("/a", "Cache-Control: no-store")
	r.await("the first request", func() bool { return len(r.origin.all()) == 1 })
	two := r.later("/a")
	for _, a := range []<-chan *got{one, two} {
		if g := <-a; g.status != 200 {
			t.Errorf("%d %s", g.status, g.cache)
		}
	}
}

// What is stale and still good is not thrown away for an answer that says
// nothing about it.
func TestStaleSurvives(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		answer func(*ask)
	}{
		"304 to no-store":       {[]string{"Cache-Control: no-store"}, validating()},
		"200 to no-store":       {[]string{"Cache-Control: no-store"}, numbered("Cache-Control: max-age=1")},
		"200 to an odd request": {[]string{"X-Odd: 1"}, numbered("Cache-Control: max-age=1")},
		"200 to Authorization":  {[]string{"Authorization: Basic eA=="}, numbered("Cache-Control: max-age=1")},
		"503":                   {nil, always(503, "")},
		"429":                   {nil, always(429, "")},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `unknown_fields = "refuse"`, validating("Cache-Control: max-age=10"))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(20 * time.Second)
			r.origin.now(c.answer)
			r.get("/a", c.fields...)
			r.quiet()
			r.origin.now(validating("Cache-Control: max-age=10"))
			r.get("/a").want(t, 200, "fwd=stale; fwd-status=304", "body 1")
		})
	}
}

// An answer that takes the place of what is stored but may not be stored
// itself leaves nothing.
func TestStaleIsSuperseded(t *testing.T) {
	for name, answer := range map[string]func(*ask){
		"private":    always(200, "", "Cache-Control: private"),
		"Set-Cookie": always(200, "", "Set-Cookie: a=b"),
		"410":        always(410, "", "Cache-Control: no-store"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", validating("Cache-Control: max-age=10"))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(20 * time.Second)
			r.origin.now(answer)
			r.get("/a")
			r.quiet() // the node asks again by itself
			if r.stored("/a") != nil {
				t.Error("still stored")
			}
		})
	}
}

// Those who wait are all told if the origin fails, after two more attempts.
func TestManyFail(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		time.Sleep(100 * time.Millisecond) // those who wait are woken meanwhile
		a.hangUp()
	})
	answers := r.many(20, "/a")
	close(release)
	for _, a := range answers {
		if g := <-a; g.status != 502 {
			t.Errorf("%d", g.status)
		}
	}
	if n := len(r.origin.all()); n > 10 {
		t.Errorf("the origin was asked %d times", n)
	}
}

// What is fresh only for a moment can still be shared by those who waited, if
// it may be used stale while it is revalidated; what must be validated cannot.
func TestShareStaleAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		fields string
		asked  int
	}{
		"stale-while-revalidate": {"Cache-Control: max-age=0, stale-while-revalidate=60", 1},
		"must be validated":      {"Cache-Control: max-age=0", 5},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.n == 1 {
					a.wait(release)
				}
				numbered(c.fields, `ETag: "1"`)(a)
			})
			answers := r.many(5, "/a")
			close(release)
			for _, a := range answers {
				if g := <-a; g.status != 200 || !strings.HasPrefix(g.body, "body ") {
					t.Errorf("%d %q", g.status, g.body)
				}
			}
			r.asked(c.asked)
		})
	}
}

// Interim responses reach the client that waits for the fetch, before the
// final one.
func TestInterim(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		a.say("HTTP/1.1 103 Early\r\nLink: </a.css>\r\nConnection: x\r\n\r\n")
		a.give(200, "body", "Cache-Control: max-age=60")
	})
	for _, ask := range []string{"GET", "POST"} {
		c := r.client()
		c.do(ask, "/a").want(t, 200, "", "body")
		if fmt.Sprint(c.interim) != "[103 Link: </a.css>]" {
			t.Errorf("%s: %q", ask, c.interim)
		}
	}
}

// A reader of what has arrived is told of the end.
func TestStreamEnds(t *testing.T) {
	r := newRig(t, "", always(200, "body", "Cache-Control: max-age=60"))
	c := r.client()
	c.ask("GET", "/a")
	c.serve()
	if body, err := c.content(); body != "body" || err != nil {
		t.Errorf("%q %v", body, err)
	}
	if _, err := c.x.Reply.Stream.Next(false); err != io.EOF {
		t.Errorf("behind the end: %v", err)
	}
	c.done()
}

// What is stored between the look-up and the wish to fetch is found, as a
// variant too.
func TestStoredSinceLookup(t *testing.T) {
	for name, fields := range map[string][]string{
		"plain":   {"Cache-Control: max-age=60"},
		"variant": {"Cache-Control: max-age=60", "Vary: Accept-Language"},
		"stale":   {"Cache-Control: max-age=0, stale-while-revalidate=60"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", numbered(fields...))
			c := r.client()
			c.ask("GET", "/a", "Accept-Language: de")
			if r.node.TryServe(&c.x) {
				t.Fatal("answered at once")
			}
			r.get("/a", "Accept-Language: de").want(t, 200, "", "body 1")
			r.quiet()
			r.node.Serve(&c.x)
			g := c.reply()
			g.body, g.err = c.content()
			c.done()
			g.want(t, 200, "hit", "body 1")
		})
	}
}

// A slow fetch does not put an old response in place of a newer one, that a request on
// its own has brought meanwhile.
func TestSlowValidation(t *testing.T) {
	for name, slow := range map[string]func(*ask){
		"304": func(a *ask) {
			a.give(304, "", `ETag: "1"`, "Cache-Control: max-age=60", "Date: Sun, 22 Nov 2026 12:00:20 GMT")
		},
		"200": func(a *ask) {
			a.give(200, "version 1", `ETag: "1"`, "Cache-Control: max-age=60", "Date: Sun, 22 Nov 2026 12:00:20 GMT")
		},
	} {
		t.Run(name, func(t *testing.T) {
			hold, silent := make(chan struct{}), true
			r := newRig(t, "", func(a *ask) {
				switch {
				case a.field("Cookie") != "" && silent:
					a.give(200, "account")
				case a.field("Cookie") != "":
					a.give(200, "version 2", `ETag: "2"`, "Cache-Control: max-age=60", "Date: Sun, 22 Nov 2026 12:00:25 GMT")
				case a.field("If-None-Match") != "":
					a.wait(hold)
					slow(a)
				default:
					a.give(200, "version 1", `ETag: "1"`, "Cache-Control: max-age=10", "Date: Sun, 22 Nov 2026 12:00:00 GMT")
				}
			})
			r.get("/a", "Cookie: alice").want(t, 200, "cookie", "account")
			r.quiet()
			silent = false
			r.get("/a").want(t, 200, "stored", "version 1")
			r.quiet()
			r.sleep(20 * time.Second)
			x := r.later("/a")
			r.await("the question", func() bool { return len(r.origin.all()) == 3 })
			r.sleep(5 * time.Second)
			r.get("/a", "Cookie: alice").want(t, 200, "stored", "version 2")
			r.await("version 2", func() bool { return len(r.node.Fills()) == 1 })
			r.get("/a").want(t, 200, "hit", "version 2")
			close(hold)
			(<-x).want(t, 200, "", "version 1")
			r.quiet()
			if g := r.get("/a"); g.body != "version 2" {
				t.Errorf("after version 2: %q: %s", g.body, g.cache)
			}
			r.quiet()
		})
	}
}
