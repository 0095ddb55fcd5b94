package edge

import (
	"strings"
	"testing"
	"time"

	"brink/edge/message"
	"brink/purge"
)

const noVarySearch = `No-Vary-Search: params=("utm"), key-order`

// draft-ietf-httpbis-no-vary-search: queries that differ in what does not
// matter share a response, once one has said so.
func TestNoVarySearch(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", noVarySearch))
	r.get("/a?id=1&utm=x").want(t, 200, "fwd=uri-miss", "body 1")
	r.quiet()
	r.get("/a?id=1&utm=y").want(t, 200, "fwd=uri-miss", "body 2")
	r.quiet()
	r.get("/a?utm=z&id=1").want(t, 200, "hit", "body 2")
	r.get("/a?id=1").want(t, 200, "hit", "body 2")
	r.get("/a?id=2").want(t, 200, "fwd=uri-miss", "body 3")
	r.get("/b?id=1").want(t, 200, "fwd=uri-miss", "body 4")
	r.get("/a").want(t, 200, "fwd=uri-miss", "body 5")
	if got := r.origin.all()[1].target; got != "/a?id=1&utm=y" {
		t.Errorf("asked for %q", got)
	}
	r.quiet()
	r.do("POST", "/a?id=1&utm=q").want(t, 200, "", "body 6")
	r.get("/a?id=1&utm=r").want(t, 200, "fwd=uri-miss", "body 7")
}

// A response without the field ends the policy of its path.
func TestNoVarySearchEnds(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		fields := []string{"Cache-Control: max-age=60"}
		if a.n == 1 {
			fields = append(fields, noVarySearch)
		}
		numbered(fields...)(a)
	})
	r.get("/a?id=1&utm=x")
	r.get("/a?id=2&utm=x").want(t, 200, "fwd=uri-miss", "body 2")
	r.quiet()
	r.get("/a?id=2&utm=x").want(t, 200, "fwd=uri-miss", "body 3")
	r.quiet()
	r.get("/a?id=2&utm=x").want(t, 200, "hit", "body 3")
	r.get("/a?id=1&utm=x").want(t, 200, "hit", "body 1")
}

// An unsafe request covers what is stored for its URL under any policy that its
// path has, had or comes to have.
func TestNoVarySearchInvalidation(t *testing.T) {
	policy := true
	r := newRig(t, "", func(a *ask) {
		fields := []string{"Cache-Control: max-age=60"}
		if policy {
			fields = append(fields, noVarySearch)
		}
		numbered(fields...)(a)
	})
	r.get("/a?id=1&utm=x").want(t, 200, "", "body 1") // under its own query
	r.quiet()
	r.get("/a?id=1&utm=y").want(t, 200, "", "body 2") // for all utm
	r.quiet()

	r.do("POST", "/a?id=1&utm=x") // under the policy: of both
	policy = false
	r.get("/a?id=9") // the policy ends
	r.quiet()
	r.get("/a?id=1&utm=x").want(t, 200, "fwd=uri-miss", "body 5")

	policy = true
	r.get("/a?id=8") // it begins again
	r.quiet()
	r.get("/a?id=1&utm=y").want(t, 200, "fwd=uri-miss", "body 7")
	policy = false
	r.get("/a?id=7") // it ends
	r.quiet()
	r.do("POST", "/a?id=1&utm=y")
	policy = true
	r.get("/a?id=6") // it begins again
	r.quiet()
	r.get("/a?id=1&utm=y").want(t, 200, "fwd=uri-miss", "body 11")
}

func TestNoVarySearchDoesNotAllocate(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", noVarySearch))
	for range 2 {
		r.get("/a?id=1&utm=x")
		r.quiet()
	}
	c := r.client()
	c.do("GET", "/a?id=1&utm=x").want(t, 200, "hit", "body 2")
	c.ask("GET", "/a?id=1&utm=x")
	x := &c.x
	n := testing.AllocsPerRun(200, func() {
		x.Reply = message.Reply{Body: x.Reply.Body[:0]}
		if !r.node.TryServe(x) {
			t.Fatal("not from RAM")
		}
		r.node.Done(x, message.Sent{})
	})
	if n != 0 && !raceEnabled {
		t.Errorf("%v allocations", n)
	}
}

// A purge of a URL covers what was stored under its path's policy before a restart,
// though the node has yet to hear of the policy again.
func TestSearchPolicyAfterRestart(t *testing.T) {
	o := newFakeOrigin(t, numbered("Cache-Control: max-age=3600", noVarySearch))
	dir := newDirectory(t)
	r := newDiskRig(t, dir, o)
	r.get("/a?id=1&utm=x")
	r.quiet()
	for range 3 {
		r.get("/a?id=1&utm=y")
		r.quiet()
	}
	old := r.get("/a?id=1&utm=z")
	r.settle()
	r.node.Close()
	r.store.Close()
	r.tier.Close()
	r.purges.Close()

	r = newDiskRig(t, dir, o)
	if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: "http://a.test/a?id=1&utm=z"}}); err != nil {
		t.Fatal(err)
	}
	r.get("/a?id=9") // brings the policy
	r.quiet()
	if g := r.get("/a?id=1&utm=z"); g.body == old.body {
		t.Errorf("purged %q is served after a restart: %s", g.body, g.cache)
	}
}

// A purge of a URL with a query leaves the one without it alone.
func TestPurgeBesideQuery(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=3600", noVarySearch))
	r.get("/a")
	r.quiet()
	r.get("/a?id=1")
	r.quiet()
	plain := r.get("/a")
	if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: "a.test/a?id=1"}}); err != nil {
		t.Fatal(err)
	}
	if g := r.get("/a"); g.body != plain.body {
		t.Errorf("the URL without a query is gone: %s", g.cache)
	}
}

// A response without No-Vary-Search stands for its own query only, although others of
// its path have one: a redirect that cleans the URL must not redirect to itself.
func TestNoPolicyOfItsOwn(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if clean, _, ok := strings.Cut(a.target, "&gclid="); ok && a.target != "/a?id=1&gclid=0" {
			a.give(301, "", "Location: "+clean, "Cache-Control: max-age=3600")
			return
		}
		a.give(200, a.target, "Cache-Control: max-age=60", `No-Vary-Search: params=("gclid")`)
	})
	r.get("/a?id=1").want(t, 200, "", "/a?id=1") // the policy of /a is known
	r.quiet()
	if g := r.get("/a?id=5&gclid=z"); g.status != 301 || g.field("Location") != "/a?id=5" {
		t.Fatal(g.status)
	}
	r.quiet()
	r.get("/a?id=1&gclid=0") // another page brings the policy back
	r.quiet()
	for range 2 {
		g := r.get("/a?id=5")
		r.quiet()
		if g.status != 200 {
			t.Errorf("%s: /a?id=5 is answered with %d to %s", g.cache, g.status, g.field("Location"))
		}
	}
}

// A query that a policy leaves nothing of is not an empty one: an unsafe request for the
// one is for the other.
func TestEmptyQueryUnderPolicy(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", "No-Vary-Search: params"))
	r.get("/a?").want(t, 200, "", "body 1")
	r.quiet()
	g := r.get("/a?y=2")
	t.Log(g.body, g.cache)
	r.quiet()
	r.do("POST", "/a?y=2")
	if g = r.get("/a?y=2"); g.body == "body 1" {
		t.Errorf("after POST /a?y=2: %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// So is a purge.
func TestEmptyQueryUnderPolicyPurge(t *testing.T) {
	r := newRig(t, "", numbered("Cache-Control: max-age=60", noVarySearch))
	r.get("/a?").want(t, 200, "", "body 1")
	r.quiet()
	r.get("/a?utm=2")
	r.quiet()
	if _, err := r.node.Purge(t.Context(), []purge.Item{{Kind: purge.URL, Name: "http://a.test/a?utm=2"}}); err != nil {
		t.Fatal(err)
	}
	if g := r.get("/a?utm=2"); g.body == "body 1" {
		t.Errorf("after purge of /a?utm=2: %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// What an empty query brought, without a policy, is not for others.
func TestEmptyQueryWithoutPolicy(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.target == "/a?" {
			a.give(200, a.target, "Cache-Control: max-age=60")
			return
		}
		a.give(200, a.target, "Cache-Control: max-age=60", noVarySearch)
	})
	r.get("/a?")
	r.quiet()
	r.get("/a?id=1")
	r.quiet()
	if g := r.get("/a?utm=2"); g.body != "/a?utm=2" {
		t.Errorf("/a?utm=2 got %q: %s", g.body, g.cache)
	}
	r.quiet()
}

// What was stored under one policy is not found under another.
func TestNoVarySearchChanges(t *testing.T) {
	policy := `No-Vary-Search: params=("u")`
	r := newRig(t, "", func(a *ask) { a.give(200, a.target, "Cache-Control: max-age=60", policy) })
	r.get("/a?id=1&u=1")
	r.quiet()
	r.get("/a?id=1&u=1").want(t, 200, "", "/a?id=1&u=1") // for all u, but for no v
	r.quiet()
	policy = `No-Vary-Search: params=("v")`
	r.get("/a?id=2")
	r.quiet()
	if g := r.get("/a?id=1&v=7"); g.body != "/a?id=1&v=7" {
		t.Errorf("/a?id=1&v=7 got %q with %q: %s", g.body, g.field("No-Vary-Search"), g.cache)
	}
	r.quiet()
}

// A 304 may end a policy.
func TestNoVarySearchEndsBy304(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.field("If-None-Match") != "" {
			a.give(304, "", `ETag: "`+a.target+`"`, "Cache-Control: max-age=60", "No-Vary-Search: params=?0")
			return
		}
		f := "No-Vary-Search: params=(\"u\")"
		if a.n > 2 {
			f = "No-Vary-Search: params=?0"
		}
		a.give(200, a.target, `ETag: "`+a.target+`"`, "Cache-Control: max-age=10", f)
	})
	r.get("/a?u=1")
	r.quiet()
	r.get("/a?u=1").want(t, 200, "", "/a?u=1")
	r.quiet()
	r.sleep(20 * time.Second)
	g := r.get("/a?u=1")
	g.want(t, 200, "", "/a?u=1")
	t.Log(g.cache, g.field("No-Vary-Search"))
	r.quiet()
	g = r.get("/a?u=2")
	if g.body != "/a?u=2" {
		t.Errorf("/a?u=2 got %q with %q: %s", g.body, g.field("No-Vary-Search"), g.cache)
	}
	r.quiet()
}

// So may the answer to a HEAD.
func TestNoVarySearchEndsByHead(t *testing.T) {
	policy := `No-Vary-Search: params=("u")`
	r := newRig(t, `head_fetch = "head"`, func(a *ask) {
		a.give(200, "page of 1", `ETag: "1"`, "Cache-Control: max-age=10", policy)
	})
	r.get("/a?u=1")
	r.quiet()
	r.get("/a?u=1")
	r.quiet()
	r.sleep(20 * time.Second)
	policy = "No-Vary-Search: params=?0"
	r.do("HEAD", "/a?u=1")
	r.quiet()
	n := len(r.origin.all())
	g := r.get("/a?u=2")
	if len(r.origin.all()) == n {
		t.Errorf("/a?u=2 got what is stored for /a?u=1, with %q: %s", g.field("No-Vary-Search"), g.cache)
	}
	r.quiet()
}

// When a policy ends, what was stored before it does not come back in place of what is
// newer.
func TestNoVarySearchEndsWithTheNewest(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		if a.target == "/a?id=2" {
			numbered("Cache-Control: max-age=600")(a)
			return
		}
		numbered("Cache-Control: max-age=600", noVarySearch)(a)
	})
	r.get("/a?id=1&utm=x").want(t, 200, "", "body 1")
	r.quiet()
	r.sleep(60 * time.Second)
	r.get("/a?id=1&utm=x").want(t, 200, "", "body 2")
	r.quiet()
	r.get("/a?id=1&utm=x").want(t, 200, "hit", "body 2")
	r.get("/a?id=2")
	r.quiet()
	if g := r.get("/a?id=1&utm=x"); g.body == "body 1" {
		t.Errorf("after body 2: %q: %s", g.body, g.cache)
	}
	r.quiet()
}
