package edge

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"brink/edge/message"
)

// RFC 9111 section 4.3.4: a 304 renews the fields and the freshness of what is
// stored, which keeps its body.
func TestRevalidate(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") == `"1"` {
			a.give(304, "", "Cache-Control: max-age=10", "X-New: yes")
			return
		}
		a.give(200, "one", "Cache-Control: max-age=10", `ETag: "1"`, "Last-Modified: Sun, 22 Nov 2026 10:00:00 GMT", "X-Old: yes")
	})
	r.get("/a").want(t, 200, "fwd=uri-miss", "one")
	r.quiet()
	old := r.stored("/a")
	r.sleep(11 * time.Second)
	g := r.get("/a")
	g.want(t, 200, "fwd=stale; fwd-status=304; ttl=10; stored", "one")
	if g.field("X-New") != "yes" || g.field("X-Old") != "yes" || g.field("Age") != "0" {
		t.Errorf("%v", g.fields)
	}
	if asked := r.origin.last().field("If-Modified-Since"); asked != "Sun, 22 Nov 2026 10:00:00 GMT" {
		t.Errorf("If-Modified-Since: %q", asked)
	}
	renewed := r.stored("/a")
	if renewed == old || &renewed.Body[0][0] != &old.Body[0][0] {
		t.Error("the body is not shared")
	}
	r.get("/a").want(t, 200, "hit; ttl=10", "one")
	r.get("/a", `If-None-Match: "1"`).want(t, 304, "hit", "")
	r.asked(2)
}

// What must be validated each time is validated alone, and each time.
func TestNoCacheValidatesEachTime(t *testing.T) {
	r := newRig(t, "", validating("Cache-Control: no-cache"))
	r.get("/a").want(t, 200, "fwd=uri-miss", "body 1")
	for range 3 {
		r.quiet()
		r.get("/a").want(t, 200, "fwd=stale; fwd-status=304", "body 1")
	}
	r.asked(4)
}

// A 304 that forbids storing answers who asked; nothing stays stored once the node's
// own request was answered so, too.
func TestRevalidateForbidsStoring(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") != "" {
			a.give(304, "", "Cache-Control: no-store")
			return
		}
		numbered("Cache-Control: max-age=10", `ETag: "1"`)(a)
	})
	r.get("/a").want(t, 200, "", "body 1")
	r.quiet()
	r.sleep(11 * time.Second)
	r.get("/a").want(t, 200, "fwd=stale; fwd-status=304", "body 1")
	r.quiet()
	if r.stored("/a") != nil {
		t.Error("stored")
	}
	r.get("/a").want(t, 200, "", "body 4")
}

// A stale response within stale-while-revalidate is served at once, and one
// fetch renews it.
func TestStaleWhileRevalidate(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		if a.n > 1 {
			a.wait(release)
		}
		numbered("Cache-Control: max-age=10, stale-while-revalidate=60", fmt.Sprintf(`ETag: "%d"`, a.n))(a)
	})
	r.get("/a").want(t, 200, "", "body 1")
	r.quiet()
	r.sleep(20 * time.Second)
	for range 50 {
		g := r.get("/a")
		g.want(t, 200, "hit; ttl=-10; detail=refresh", "body 1")
		if !g.quick || g.outcome.Outcome != message.Stale {
			t.Fatalf("%+v", g)
		}
	}
	close(release)
	r.quiet()
	r.asked(2)
	if r.origin.last().field("If-None-Match") != `"1"` {
		t.Error("the refresh is not conditional")
	}
	r.get("/a").want(t, 200, "hit; ttl=10", "body 2")
}

// A refresh belongs to the stored response: what the request that caused it
// brings along neither reaches the origin nor decides about storing.
func TestRefreshIsNotTheClients(t *testing.T) {
	for name, ask := range map[string][]string{
		"HEAD":     nil,
		"no-store": {"Cache-Control: no-store"},
		"odd":      {"X-Odd: 1"},
		"range":    {"Range: bytes=0-1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `unknown_fields = "refuse"`, numbered("Cache-Control: max-age=10, stale-while-revalidate=60"))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(20 * time.Second)
			method := "GET"
			if name == "HEAD" {
				method = name
			}
			if g := r.do(method, "/a", ask...); !g.quick || g.outcome.Outcome != message.Stale {
				t.Fatalf("%+v", g)
			}
			r.quiet()
			asked := r.origin.last()
			if asked.method != "GET" || asked.field("X-Odd") != "" || asked.field("Cache-Control") != "" || asked.field("Range") != "" {
				t.Errorf("asked %s %v", asked.method, asked.fields)
			}
			r.get("/a").want(t, 200, "hit; ttl=10", "body 2")
			r.asked(2)
		})
	}
}

// After a failed refresh the next one begins no sooner than in a second.
func TestRefreshPauses(t *testing.T) {
	for name, fail := range map[string]func(*ask){"status": always(500, "down"), "connection": (*ask).hangUp} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `stale_if_error = "1h"`, numbered("Cache-Control: max-age=10, stale-while-revalidate=600"))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(20 * time.Second)
			r.origin.now(fail)
			r.get("/a").want(t, 200, "detail=refresh", "body 1")
			r.quiet()
			asked := len(r.origin.all())
			for range 20 {
				r.get("/a").want(t, 200, "detail=refresh", "body 1")
				r.quiet()
			}
			r.asked(asked)
			if n := strings.Count(r.log.String(), "origin failed"); n != 1 {
				t.Errorf("logged %d times", n)
			}
			r.sleep(time.Second)
			r.get("/a").want(t, 200, "detail=refresh", "body 1")
			r.quiet()
			if len(r.origin.all()) == asked {
				t.Error("no other attempt")
			}
		})
	}
}

// A refresh whose body breaks off has failed, too, also if it only asked for the rest,
// or if its length becomes known too late.
func TestRefreshPausesAfterABrokenBody(t *testing.T) {
	for name, fail := range map[string]func(*ask){
		"length": func(a *ask) {
			a.begin(200, 100, "Cache-Control: max-age=10")
			a.say("part")
			a.hangUp()
		},
		"chunks": func(a *ask) {
			a.begin(200, -1, "Cache-Control: max-age=10")
			a.say("4\r\npart\r\n")
			a.hangUp()
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "", numbered("Cache-Control: max-age=10, stale-while-revalidate=600"))
			r.get("/a").want(t, 200, "", "body 1")
			r.quiet()
			r.sleep(20 * time.Second)
			r.origin.now(fail)
			for range 20 {
				r.get("/a").want(t, 200, "detail=refresh", "body 1")
				r.quiet()
			}
			r.asked(2)
			r.sleep(time.Second)
			r.get("/a").want(t, 200, "detail=refresh", "body 1")
			r.quiet()
			r.asked(3)
		})
	}
}

// A stale error is never served, even if stale responses are permitted: the origin may
// have recovered.
func TestErrorsAreNotServedStale(t *testing.T) {
	for _, status := range []int{404, 410, 500, 503} {
		for name, fields := range map[string]string{"rule": "X: 1", "origin": "Cache-Control: max-age=5, stale-while-revalidate=600, stale-if-error=600"} {
			t.Run(fmt.Sprint(status, " ", name), func(t *testing.T) {
				r := newRig(t, fmt.Sprintf("negative_ttl = { %q = %q }\nstale_while_revalidate = %q\nstale_if_error = %q", fmt.Sprint(status), "5s", "10m", "10m"),
					always(status, "error", fields))
				r.get("/a").want(t, status, "stored", "error")
				r.quiet()
				r.get("/a").want(t, status, "hit; ttl=5", "error")
				r.sleep(6 * time.Second)
				r.origin.now(always(200, "well", "Cache-Control: max-age=60"))
				r.get("/a").want(t, 200, "stored", "well")
			})
		}
	}
}

// RFC 5861 section 4: where the origin fails, a stale response stands in, for
// GET and HEAD, whole, in part and as a condition has it.
func TestStaleIfError(t *testing.T) {
	for name, fail := range map[string]func(*ask){"status": always(503, "down"), "connection": (*ask).hangUp} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, `stale_if_unreachable = "0s"`, always(200, "whole", "Cache-Control: max-age=10, stale-if-error=100", `ETag: "1"`))
			r.get("/a").want(t, 200, "", "whole")
			r.quiet()
			r.origin.now(fail)
			r.sleep(20 * time.Second)
			cache := "fwd=stale; ttl=-10; detail=origin-unreachable"
			if name == "status" {
				cache = "fwd=stale; fwd-status=503; ttl=-10; detail=origin-error"
			}
			r.get("/a").want(t, 200, cache, "whole")
			r.do("HEAD", "/a").want(t, 200, cache, "")
			r.get("/a", "Range: bytes=1-2").want(t, 206, cache, "ho")
			r.get("/a", `If-None-Match: "1"`).want(t, 304, cache, "")
			r.sleep(100 * time.Second)
			if g := r.get("/a"); g.status < 500 {
				t.Errorf("%d %q %s", g.status, g.body, g.cache)
			}
		})
	}
}

// An error does not take the place of what may stand in for it, and one that
// nothing may stand in for is passed on as it is.
func TestErrorReplacesNothing(t *testing.T) {
	var down atomic.Bool
	r := newRig(t, "", func(a *ask) {
		if down.Load() {
			a.give(503, "down", "Cache-Control: max-age=60")
			return
		}
		validating("Cache-Control: max-age=10, stale-if-error=100")(a)
	})
	r.get("/a").want(t, 200, "", "body 1")
	r.quiet()
	down.Store(true)
	r.sleep(20 * time.Second)
	r.get("/a").want(t, 200, "fwd=stale", "body 1")
	down.Store(false)
	r.get("/a").want(t, 200, "fwd=stale; fwd-status=304", "body 1")
	r.get("/b").want(t, 200, "", "body 4")
	r.quiet()
	down.Store(true)
	r.sleep(200 * time.Second)
	r.get("/b").want(t, 503, "fwd=stale; fwd-status=503", "down")
}

// Many who wait for one fetch that fails each get what may stand in for them.
func TestManyStaleIfError(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		if a.n == 1 {
			a.give(200, "one", "Cache-Control: max-age=10, stale-if-error=100")
			return
		}
		a.wait(release)
		a.give(500, "down")
	})
	r.get("/a").want(t, 200, "", "one")
	r.quiet()
	r.sleep(20 * time.Second)
	var answers []<-chan *got
	for range 20 {
		answers = append(answers, r.later("/a"))
	}
	r.waiters(20)
	close(release)
	for _, a := range answers {
		(<-a).want(t, 200, "fwd=stale", "one")
	}
	r.asked(2)
}

// An origin that cannot be had is answered with what RFC 9209 calls it.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		origin string
		answer func(*ask)
		status int
		token  string
	}{
		{"hang up", "", (*ask).hangUp, 502, "connection_terminated"},
		{"garbage", "", func(a *ask) { a.say("what?\r\n\r\n"); a.hangUp() }, 502, "http_protocol_error"},
		{"silence", `head_timeout = "50ms"`, func(a *ask) { time.Sleep(200 * time.Millisecond); a.hangUp() }, 504, "http_response_timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRigOf(t, "", c.origin, c.answer)
			for _, method := range []string{"GET", "HEAD"} {
				g := r.do(method, "/a")
				if g.status != c.status || g.field("Proxy-Status") != "edge-1; error="+c.token ||
					g.field("Cache-Control") != "no-store" || !strings.Contains(g.cache, "fwd=") {
					t.Errorf("%s: %d %v", method, g.status, g.fields)
				}
			}
		})
	}
}

// The queue in front of the origin is full.
func TestOverload(t *testing.T) {
	release := make(chan struct{})
	r := newRigOf(t, "", "max_connections = 1\nqueue = 0", func(a *ask) {
		a.wait(release)
		a.give(200, "", "Cache-Control: no-store")
	})
	first := r.later("/a")
	r.await("the first request", func() bool { return len(r.origin.all()) == 1 })
	g := r.get("/b")
	close(release)
	<-first
	if g.status != 503 || g.field("Retry-After") != "1" || g.field("Proxy-Status") != "edge-1; error=connection_limit_reached" {
		t.Errorf("%d %v", g.status, g.fields)
	}
}

// Refreshes leave most of the origin's connections to those who wait.
func TestRefreshesAreLimited(t *testing.T) {
	release := make(chan struct{})
	r := newRigOf(t, "", "max_connections = 8", numbered("Cache-Control: max-age=10, stale-while-revalidate=100"))
	for i := range 5 {
		r.get(fmt.Sprint("/", i))
	}
	r.quiet()
	r.sleep(20 * time.Second)
	r.origin.now(func(a *ask) {
		a.wait(release)
		numbered("Cache-Control: max-age=10, stale-while-revalidate=100")(a)
	})
	for i := range 5 {
		r.get(fmt.Sprint("/", i)).want(t, 200, "detail=refresh", fmt.Sprint("body ", i+1))
	}
	r.await("two refreshes", func() bool { return len(r.origin.all()) == 7 })
	if n := len(r.node.Fills()); n != 2 {
		t.Errorf("%d refreshes at once", n)
	}
	close(release)
	r.quiet()
	r.await("the end of all refreshes", func() bool { return r.freeRefreshes() == 2 })
	for i := range 5 {
		r.get(fmt.Sprint("/", i))
		r.quiet()
	}
	r.asked(10)
}

// freeRefreshes returns how many refreshes of the first site may begin.
func (r *rig) freeRefreshes() (n int) {
	state := &r.node.tables.Load().states[0]
	for state.BeginRefresh() {
		n++
	}
	for range n {
		state.EndRefresh()
	}
	return n
}

// That answers to known clients are not storable keeps nobody from refreshing.
func TestMarkOfKnownClientsPausesNoRefresh(t *testing.T) {
	for _, known := range []bool{false, true} {
		r := newRig(t, "", func(a *ask) {
			if a.field("Cookie") != "" {
				a.give(200, "account")
				return
			}
			numbered("Cache-Control: max-age=1, stale-while-revalidate=600")(a)
		})
		if known {
			r.get("/a", "Cookie: alice").want(t, 200, "cookie", "account")
			r.quiet()
		}
		first := r.get("/a").body
		r.quiet()
		r.sleep(5 * time.Second)
		r.get("/a").want(t, 200, "detail=refresh", first)
		r.quiet()
		if g := r.get("/a"); g.body == first {
			t.Errorf("known %v: nothing was refreshed: %s", known, g.cache)
		}
		r.sleep(60 * time.Second)
		r.get("/a")
		r.quiet()
		if g := r.get("/a"); g.body == first {
			t.Errorf("known %v: nothing was refreshed in a minute: %s", known, g.cache)
		}
	}
}

// Once no connection to the origin could be made, clients get what is stored at
// once. The background finds out that the origin is back.
func TestOutage(t *testing.T) {
	r := newRigOf(t, "", `connect_timeout = "1s"`, numbered("Cache-Control: max-age=10"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r.get("/b", "Cookie: a=b").want(t, 200, "stored", "body 2")
	r.quiet()
	r.sleep(20 * time.Second)
	back := r.origin.down()
	r.get("/a").want(t, 200, "fwd=stale; ttl=-10; detail=origin-unreachable", "body 1")
	for _, path := range []string{"/a", "/b"} {
		if g := r.get(path); !g.quick || g.cache != "hit; ttl=-10; detail=origin-unreachable" {
			t.Errorf("%s: quick %t, %s", path, g.quick, g.cache)
		}
	}
	r.quiet()
	r.get("/none").want(t, 502, "", "502 Bad Gateway: origin-down\n")
	back()
	r.sleep(5 * time.Second)
	r.get("/a").want(t, 200, "hit; ttl=-15; detail=origin-unreachable", "body 1")
	r.quiet()
	r.get("/a").want(t, 200, "hit; ttl=10", "body 3")
	r.sleep(6 * time.Second)
	if g := r.get("/b"); g.quick || g.status != 200 {
		t.Errorf("after the outage: quick %t, %d %s", g.quick, g.status, g.cache)
	}
}

// A response that the origin did not answer about in time is served at once to the
// next clients, until it answers.
func TestUnanswered(t *testing.T) {
	r := newRigOf(t, "", `head_timeout = "50ms"`, numbered("Cache-Control: max-age=10"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(20 * time.Second)
	r.origin.now(func(a *ask) { time.Sleep(200 * time.Millisecond); a.hangUp() })
	r.get("/a").want(t, 200, "fwd=stale; ttl=-10; detail=origin-unreachable", "body 1")
	if g := r.get("/a"); !g.quick || g.cache != "hit; ttl=-10; detail=origin-unreachable" {
		t.Errorf("quick %t, %s", g.quick, g.cache)
	}
	r.get("/b").want(t, 504, "", "504 Gateway Timeout: origin-timeout\n")
	r.quiet()
	r.origin.now(numbered("Cache-Control: max-age=10"))
	r.sleep(2 * time.Second)
	r.get("/a").want(t, 200, "hit; ttl=-12", "body 1")
	r.quiet()
	r.get("/a").want(t, 200, "hit; ttl=10", "body 5")
	r.sleep(11 * time.Second)
	if g := r.get("/a"); g.quick {
		t.Errorf("after an answer: %s", g.cache)
	}
}
