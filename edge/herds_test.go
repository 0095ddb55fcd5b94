package edge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"brink/origin"
	"brink/store"
)

// herd has one request lead with a field, and 49 without it wait for what it gets.
// The origin answers the leader once release is closed. The 49 may make two fetches
// at most.
func (r *rig) herd(release chan struct{}, field string) {
	r.t.Helper()
	before := len(r.origin.all())
	first := r.later("/a", field)
	r.await("the first", func() bool { return len(r.origin.all()) == before+1 })
	var answers []<-chan *got
	for range 49 {
		answers = append(answers, r.later("/a"))
	}
	r.waiters(50)
	close(release)
	<-first
	for _, a := range answers {
		<-a
	}
	if n := len(r.origin.all()) - before - 1; n > 2 {
		r.t.Errorf("49 clients made %d fetches", n)
	}
}

// An error that one client provoked takes nothing away from others, and makes nobody fetch alone.
func TestProvokedError(t *testing.T) {
	answer := func(a *ask) {
		if len(a.field("Referer")) > 8000 {
			a.give(431, "too long")
			return
		}
		numbered("Cache-Control: max-age=1, stale-if-error=600", `ETag: "1"`)(a)
	}
	t.Run("drops", func(t *testing.T) {
		r := newRig(t, "", answer)
		r.get("/a").want(t, 200, "", "body 1")
		r.quiet()
		r.sleep(5 * time.Second)
		r.get("/a", "Referer: "+strings.Repeat("x", 8200)).want(t, 431, "", "too long")
		r.quiet()
		r.origin.now(always(503, "down"))
		r.get("/a").want(t, 200, "", "body 1")
	})
	t.Run("refresh drops", func(t *testing.T) {
		r := newRig(t, `stale_while_revalidate = "30s"`, answer)
		r.get("/a").want(t, 200, "", "body 1")
		r.quiet()
		r.sleep(5 * time.Second)
		r.get("/a", "Referer: "+strings.Repeat("x", 8200)).want(t, 200, "", "body 1")
		r.quiet()
		r.origin.now(always(503, "down"))
		r.get("/a").want(t, 200, "", "body 2") // the refresh had no such field
	})
	t.Run("marks", func(t *testing.T) {
		release := make(chan struct{})
		r := newRig(t, "", func(a *ask) {
			if a.n > 1 {
				a.wait(release)
			}
			answer(a)
		})
		r.get("/a", "Referer: "+strings.Repeat("x", 8200)).want(t, 431, "", "too long")
		r.quiet()
		var answers []<-chan *got
		for range 50 {
			answers = append(answers, r.later("/a"))
		}
		time.Sleep(300 * time.Millisecond)
		close(release)
		for _, a := range answers {
			<-a
		}
		if n := len(r.origin.all()); n > 3 {
			t.Errorf("50 clients made %d fetches", n-1)
		}
	})
}

// Nor does one in a refresh that such a client caused.
func TestRefreshFails(t *testing.T) {
	r := newRig(t, `stale_while_revalidate = "300s"`, func(a *ask) {
		if a.field("Accept") == "x/y" {
			a.give(406, "no")
			return
		}
		numbered("Cache-Control: max-age=5")(a)
	})
	r.get("/a").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(6 * time.Second)
	r.get("/a", "Accept: x/y").want(t, 200, "hit", "body 1")
	r.quiet()
	g := r.get("/a")
	if !strings.HasPrefix(g.cache, "hit") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// What a client with a cookie is told of its own page says nothing of the one for others.
func TestKnownClientDrops(t *testing.T) {
	for name, setting := range map[string]string{"validation": `stale_if_error = "1h"`, "refresh": `stale_while_revalidate = "30s"
stale_if_error = "1h"`} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, setting, func(a *ask) {
				if a.field("Cookie") != "" {
					a.give(200, "account", "Cache-Control: private")
					return
				}
				a.give(200, "page", "Cache-Control: max-age=5")
			})
			r.get("/a").want(t, 200, "stored", "page")
			r.quiet()
			r.sleep(6 * time.Second)
			r.get("/a", "Cookie: session=alice")
			r.quiet()
			r.origin.now(always(503, "down"))
			r.get("/a").want(t, 200, "", "page")
		})
	}
}

// The same for a refresh that it caused.
func TestRefreshByKnownClient(t *testing.T) {
	r := newRig(t, `default_ttl = "5s"
stale_while_revalidate = "60s"`, numbered("Cache-Control: public"))
	r.get("/a").want(t, 200, "stored", "body 1")
	r.quiet()
	r.sleep(6 * time.Second)
	r.get("/a", "Cookie: session=1").want(t, 200, "hit", "body 1")
	r.quiet()
	g := r.get("/a")
	if !strings.Contains(g.cache, "hit") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// One client with a credential does not keep clients with cookies from sharing a fetch.
func TestMarkOfCredential(t *testing.T) {
	for _, field := range []string{"X-CSRF-Token: 1", "X-Api-Key: 1"} {
		t.Run(field, func(t *testing.T) {
			r := newRig(t, "", func(a *ask) {
				if a.n > 1 {
					time.Sleep(200 * time.Millisecond)
				}
				a.give(200, "page", "Cache-Control: max-age=60")
			})
			r.get("/a", field).want(t, 200, "detail=authorization", "page")
			r.quiet()
			var answers []<-chan *got
			for i := range 50 {
				answers = append(answers, r.later("/a", fmt.Sprint("Cookie: session=", i)))
			}
			for _, a := range answers {
				<-a
			}
			if n := len(r.origin.all()) - 1; n > 2 {
				t.Errorf("50 clients with a cookie, whose response may be shared, made %d fetches", n)
			}
		})
	}
}

// Clients that wait behind an error that another one provoked share the next fetch.
func TestWaitersBehindProvokedError(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		status int
	}{
		"406": {"Accept: x/y", 406}, "403 of CORS": {"Origin: https://evil.test", 403}, "400 of a long field": {"Referer: " + strings.Repeat("x", 8200), 400},
	} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.n == 1 {
					a.wait(release)
					a.give(c.status, "no")
					return
				}
				time.Sleep(200 * time.Millisecond)
				a.give(200, "page", "Cache-Control: max-age=60", "Vary: Origin, Accept")
			})
			r.herd(release, c.field)
		})
	}
}

// Clients without a cookie that wait behind a private response share the next fetch.
func TestHerdBehindPrivate(t *testing.T) {
	for name, field := range map[string]string{"private": "Cache-Control: private", "no-store": "Cache-Control: no-store", "set-cookie": "Set-Cookie: session=2"} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.n == 1 {
					a.wait(release)
				} else {
					time.Sleep(200 * time.Millisecond)
				}
				if a.field("Cookie") != "" {
					a.give(200, "account", field)
					return
				}
				a.give(200, "page", "Cache-Control: max-age=60")
			})
			r.herd(release, "Cookie: session=1")
		})
	}
}

// The same where a stale response is stored.
func TestHerdBehindStalePrivate(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		switch {
		case a.n == 1:
		case a.n == 2:
			a.wait(release)
		default:
			time.Sleep(200 * time.Millisecond)
		}
		if a.field("Cookie") != "" {
			a.give(200, "account", "Cache-Control: private")
			return
		}
		a.give(200, "page", "Cache-Control: max-age=5")
	})
	r.get("/a")
	r.quiet()
	r.sleep(6 * time.Second)
	r.herd(release, "Cookie: session=1")
}

// Leaders of several kinds, one after another, do not make the others fetch alone.
func TestRoundsRunOutOften(t *testing.T) {
	worst := 0
	for range 8 {
		release := make(chan struct{})
		r := newRig(t, `default_ttl = "60s"`, func(a *ask) {
			if a.n == 1 {
				a.wait(release)
			} else {
				time.Sleep(50 * time.Millisecond)
			}
			a.give(200, "page")
		})
		first := r.later("/a", "Authorization: Basic x")
		r.await("the first", func() bool { return len(r.origin.all()) == 1 })
		var answers []<-chan *got
		for i := range 120 {
			switch i % 12 {
			case 0:
				answers = append(answers, r.later("/a"))
			case 1, 2, 3, 4, 5:
				answers = append(answers, r.later("/a", "Cookie: s=1"))
			default:
				answers = append(answers, r.later("/a", "X-Odd: 1"))
			}
		}
		r.waiters(121)
		close(release)
		<-first
		plain := 0
		for i, a := range answers {
			if g := <-a; i%12 == 0 && g.outcome.Fetched {
				plain++
			}
		}
		worst = max(worst, plain)
	}
	if worst > 1 {
		t.Errorf("%d of 10 plain clients fetched each", worst)
	}
}

// A response that varies by a credential is stored and served for each of its values.
func TestVaryCredentialGuessed(t *testing.T) {
	r := newRig(t, `default_ttl = "60s"`, func(a *ask) { a.give(200, "page of "+a.field("X-Api-Key"), "Vary: X-Api-Key") })
	r.get("/a", "X-Api-Key: alice").want(t, 200, "stored", "page of alice")
	r.quiet()
	g := r.get("/a", "X-Api-Key: alice")
	if !strings.Contains(g.cache, "hit") {
		t.Errorf("%q %s", g.body, g.cache)
	}
}

// Who comes to wait for a fetch in the moment in which it loses its place, as nobody
// waited, shares the next one.
func TestJoinsUnwanted(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		if a.n == 1 {
			a.wait(release)
		}
		numbered("Cache-Control: max-age=60")(a)
	})
	first := r.many(1, "/a")[0]
	late := r.later("/a")
	r.waiters(2)
	var text string
	r.store.Fills(func(f store.FillInfo) { text = f.Text })
	key := r.store.Hash([]byte(text))
	_, fill, leads := r.store.Join(key, key, text, nil)
	if leads {
		t.Fatal("another fill")
	}
	fill.Fail(&origin.Error{Kind: origin.Unwanted, Err: errors.New("nobody waits")})
	(<-late).want(t, 200, "", "body 2")
	close(release)
	<-first
}
