package edge

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"brink/edge/message"
)

// logged is a line of the access log.
type logged struct {
	Status int
	Cache  string
	Reason string
}

// newLogRig is newRigOf with an access log. wantGone checks that, of the n
// requests logged, one is said to be of a client that left, and the others 200.
func newLogRig(t *testing.T, origin string, answer func(*ask)) (r *rig, wantGone func(n int)) {
	file := filepath.Join(t.TempDir(), "access.log")
	o := newFakeOrigin(t, answer)
	r = startRig(t, o, fmt.Sprintf(`
node { id = "edge-1" }
log { access = %q }
origin "app" {
  server "http://%s" {}
  %s
}
site "app" {
  hosts  = ["*"]
  origin = "app"
}`, file, o.l.Addr(), origin))
	return r, func(n int) {
		t.Helper()
		var all []logged
		r.await("the log", func() bool {
			all = nil
			text, _ := os.ReadFile(file)
			for line := range strings.Lines(string(text)) {
				var l logged
				if err := json.Unmarshal([]byte(line), &l); err != nil {
					t.Fatal(err)
				}
				all = append(all, l)
			}
			return len(all) >= n
		})
		left := 0
		for _, l := range all {
			switch {
			case l.Status == 499 && l.Reason == "client-gone":
				left++
			case l.Status != 200 || l.Reason == "client-gone":
				t.Errorf("%+v", l)
			}
		}
		if len(all) != n || left != 1 {
			t.Errorf("%+v", all)
		}
	}
}

// exchange has the request answered as an engine would, in a goroutine, and
// returns what is closed when it is over.
func (c *fakeClient) exchange(method, target string, fields ...string) <-chan struct{} {
	c.ask(method, target, fields...)
	over := make(chan struct{})
	go func() {
		defer close(over)
		c.serve()
		sent := message.Sent{}
		if c.x.Reply.Head != nil {
			_, err := c.content()
			sent.Complete = err == nil
		}
		c.end(sent)
	}()
	return over
}

// hangsUp reports on a channel that the node has ended the connection.
func (a *ask) hangsUp(ended chan<- struct{}) {
	go func() {
		_, _ = a.conn.Read(make([]byte, 1))
		close(ended)
	}()
}

// When a client leaves, a fetch for it alone ends, at any stage. The log says that the
// client is gone, and no failure of the origin.
func TestClientLeaves(t *testing.T) {
	head := func(*ask) {}
	content := func(a *ask) {
		a.begin(200, -1, "Cache-Control: no-store")
		a.say("5\r\nevent\r\n")
	}
	for name, c := range map[string]struct {
		method string
		before bool // a request that says that the URL is not to be shared
		does   func(a *ask)
		ready  func(r *rig, c *fakeClient) bool
	}{
		"pass, head":     {"POST", false, head, nil},
		"alone, head":    {"GET", true, head, nil},
		"pass, content":  {"POST", false, content, nil},
		"alone, content": {"GET", true, content, nil},
		"leads, content": {"GET", false, content, nil},
		"pass, after an interim response": {"POST", false, func(a *ask) {
			a.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ended, begun := make(chan struct{}), make(chan struct{})
			hold := make(chan struct{})
			defer close(hold)
			r, wantGone := newLogRig(t, "", func(a *ask) {
				if c.before && a.n == 1 {
					a.give(200, "private", "Cache-Control: private")
					return
				}
				a.hangsUp(ended)
				c.does(a)
				close(begun)
				a.wait(hold)
				a.hangUp()
			})
			want := 1
			if c.before {
				r.get("/a").want(t, 200, "", "private")
				want = 2
			}
			client := r.client()
			over := client.exchange(c.method, "/a")
			<-begun
			time.Sleep(20 * time.Millisecond) // until it waits for more
			client.leave()
			await(t, "the end of the fetch", ended)
			await(t, "the end of the exchange", over)
			wantGone(want)
			if strings.Contains(r.log.String(), "origin failed") {
				t.Error(r.log.String())
			}
		})
	}
}

func await(t *testing.T, what string, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(10 * time.Second):
		t.Fatalf("waited for %s", what)
	}
}

// One that waits for a connection leaves the queue, without a request.
func TestClientLeavesQueue(t *testing.T) {
	hold := make(chan struct{})
	r, wantGone := newLogRig(t, "max_connections = 1", func(a *ask) {
		a.wait(hold)
		a.give(200, "at last", "Cache-Control: no-store")
	})
	first, second := r.client(), r.client()
	one := first.exchange("POST", "/a")
	r.await("the request", func() bool { return len(r.origin.all()) == 1 })
	two := second.exchange("POST", "/b")
	r.await("the queue", func() bool { return r.node.reload.origins["app"].origin.Stats().Waiting == 1 })
	second.leave()
	await(t, "the end of the second", two)
	close(hold)
	await(t, "the first answer", one)
	r.asked(1)
	wantGone(2)
}

// Clients that share a fetch may leave, also the one that began it: the fetch goes on
// for the others, and for the store.
func TestClientLeavesSharedFetch(t *testing.T) {
	for _, phase := range []string{"head", "content"} {
		for _, who := range []string{"leader", "follower"} {
			t.Run(who+", "+phase, func(t *testing.T) {
				hold, begun := make(chan struct{}), make(chan struct{})
				r, wantGone := newLogRig(t, "", func(a *ask) {
					if phase == "content" {
						a.begin(200, 10, "Cache-Control: max-age=60")
						a.say("first")
					}
					close(begun)
					a.wait(hold)
					if phase == "head" {
						a.begin(200, 10, "Cache-Control: max-age=60")
						a.say("first")
					}
					a.say("again")
				})
				leader, follower := r.client(), r.client()
				one := leader.exchange("GET", "/a")
				<-begun
				two := follower.exchange("GET", "/a")
				time.Sleep(20 * time.Millisecond)
				leaves, left, stays := leader, one, two
				if who == "follower" {
					leaves, left, stays = follower, two, one
				}
				leaves.leave()
				await(t, "the end of the one that left", left)
				wantGone(1)
				close(hold)
				await(t, "the other", stays)
				wantGone(2)
				r.quiet()
				r.get("/a").want(t, 200, "hit", "firstagain")
				r.asked(1)
			})
		}
	}
}

// A response that turns out to be for the leader alone is closed if the leader
// has left, and an interim response to it reaches nobody.
func TestLeaderLeavesWhatIsNotShared(t *testing.T) {
	hold, ended := make(chan struct{}), make(chan struct{})
	r, wantGone := newLogRig(t, "", func(a *ask) {
		a.wait(hold)
		a.hangsUp(ended)
		a.say("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		a.begin(200, -1, "Cache-Control: no-store")
		a.say("5\r\nevent\r\n")
		a.wait(ended)
		a.hangUp()
	})
	client := r.client()
	over := client.exchange("GET", "/a")
	r.await("the request", func() bool { return len(r.origin.all()) == 1 })
	client.leave()
	await(t, "the end of the exchange", over)
	close(hold)
	await(t, "the end of the fetch", ended)
	if len(client.interim) != 0 {
		t.Errorf("%q", client.interim)
	}
	wantGone(1)
	r.quiet()
}

// A client that fetches alone what others may use does not take it away from
// them.
func TestClientLeavesWhatBecameShared(t *testing.T) {
	hold := make(chan struct{})
	r, wantGone := newLogRig(t, "", func(a *ask) {
		if a.n == 1 {
			a.give(200, "private", "Cache-Control: private")
			return
		}
		a.begin(200, 10, "Cache-Control: max-age=60")
		a.say("first")
		a.wait(hold)
		a.say("again")
	})
	r.get("/a").want(t, 200, "", "private")
	client := r.client()
	over := client.exchange("GET", "/a")
	r.await("the request", func() bool { return len(r.origin.all()) == 2 })
	time.Sleep(20 * time.Millisecond)
	client.leave()
	await(t, "the end of the exchange", over)
	close(hold)
	wantGone(2)
	r.quiet()
	r.get("/a").want(t, 200, "hit", "firstagain")
	r.asked(2)
}

// A reply from the cache that the client does not take to its end keeps its
// status: the origin had no part in it. One that was fetched does not.
func TestClientLeavesReply(t *testing.T) {
	r, wantGone := newLogRig(t, "", func(a *ask) {
		if a.target == "/stored" {
			a.give(200, "stored", "Cache-Control: max-age=60")
			return
		}
		a.give(200, "fetched", "Cache-Control: no-store")
	})
	r.get("/stored").want(t, 200, "stored", "stored")
	r.quiet()
	for _, target := range []string{"/stored", "/fetched"} {
		client := r.client()
		client.ask("GET", target)
		client.serve()
		client.end(message.Sent{Left: true})
	}
	wantGone(3)
}

// The connection's next request is watched as its first was, and one that stays
// gets its response, however long it takes.
func TestClientStays(t *testing.T) {
	r := newRig(t, "", func(a *ask) {
		time.Sleep(20 * time.Millisecond)
		a.give(200, "slow", "Cache-Control: no-store")
	})
	client := r.client()
	for range 3 {
		client.do("POST", "/a").want(t, 200, "", "slow")
	}
	client.leave()
	over := client.exchange("POST", "/a")
	await(t, "the end", over)
}
