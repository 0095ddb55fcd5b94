package edge

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// users is an origin that authenticates connections, as NTLM does: the client sends a name,
// gets a challenge and answers it. From then on every request on the connection is that
// user's. No field of a response says that it is for one user.
type users struct {
	mu         sync.Mutex
	challenged map[net.Conn]string
	known      map[net.Conn]string
}

func newUsers() *users {
	return &users{challenged: map[net.Conn]string{}, known: map[net.Conn]string{}}
}

func (u *users) answer(a *ask) {
	u.mu.Lock()
	defer u.mu.Unlock()
	const page = "Cache-Control: public, max-age=60"
	scheme, message, _ := strings.Cut(a.field("Authorization"), " ")
	step, name, _ := strings.Cut(message, "-")
	switch {
	case step == "1":
		delete(u.known, a.conn)
		u.challenged[a.conn] = name
		a.give(401, "prove it", page, "WWW-Authenticate: "+scheme+" 2-"+name)
	case step == "3" && u.challenged[a.conn] == name:
		u.known[a.conn] = name
		a.give(200, name, page)
	case u.known[a.conn] != "":
		a.give(200, u.known[a.conn], page, `ETag: "1"`)
	default:
		a.give(401, "who", page, "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM")
	}
}

// Clients authenticate at the same time. Each has its own connection to the origin, so no
// client gets the page of another one, and a client without a login gets nobody's page.
func TestConnectionAuthentication(t *testing.T) {
	for _, scheme := range []string{"NTLM", "Negotiate"} {
		u := newUsers()
		r := newRig(t, `default_ttl = "60s"
  store_authorization = true`, u.answer)
		names := []string{"ann", "bob", "eve"}
		clients := make([]*fakeClient, len(names))
		for i := range clients {
			clients[i] = r.client()
			defer clients[i].close()
		}
		each := func(status int, body func(name string) string, fields func(name string) []string) {
			t.Helper()
			for i, name := range names {
				clients[i].do("GET", "/page", fields(name)...).want(t, status, "", body(name))
				if g := r.get("/page"); g.body != "who" {
					t.Fatalf("somebody got %q", g.body)
				}
			}
		}
		say := func(step string) func(string) []string {
			return func(name string) []string { return []string{"Authorization: " + scheme + " " + step + "-" + name} }
		}
		none := func(string) []string { return nil }
		self := func(name string) string { return name }
		each(401, func(string) string { return "who" }, none)
		each(401, func(string) string { return "prove it" }, say("1"))
		each(200, self, say("3"))
		for range 3 {
			each(200, self, none)
			for i, name := range names {
				clients[i].do("POST", "/page").want(t, 200, "method", name)
				clients[i].do("HEAD", "/page").want(t, 200, "connection-auth", "")
			}
		}
		r.quiet()
		if n := r.store.Stats().Objects; n != 0 {
			t.Errorf("%s: %d responses are stored", scheme, n)
		}
	}
}

// Clients come, authenticate, ask and go, eight at a time. None gets the page of another one.
func TestConnectionAuthenticationInParallel(t *testing.T) {
	u := newUsers()
	r := newRigOf(t, "", "max_connections = 4", u.answer)
	var running sync.WaitGroup
	for i := range 8 {
		running.Go(func() {
			for j := range 20 {
				c := r.client()
				name := fmt.Sprint("u", i, "x", j)
				auth := func(step string) string { return "Authorization: NTLM " + step + "-" + name }
				c.do("GET", "/p")
				c.do("GET", "/p", auth("1"))
				// If max_connections leaves no room the connection may be lost, but no client gets another's.
				for _, fields := range [][]string{{auth("3")}, nil, nil} {
					if g := c.do("GET", "/p", fields...); g.body != name && g.body != "who" {
						t.Errorf("%s was taken for %q", name, g.body)
					}
				}
				c.close()
			}
		})
	}
	running.Wait()
	if n := r.connections(); n > 4 {
		t.Errorf("%d connections, at most 4 may be", n)
	}
}

// connections returns how many connections to origins are open.
func (r *rig) connections() (n int) {
	for _, o := range r.node.reload.origins {
		for _, s := range o.origin.Stats().Servers {
			n += s.Open
		}
	}
	return n
}

// An authenticated connection ends with the client's connection, or if that cannot keep it.
func TestAuthConnEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		does  func(r *rig, c *fakeClient)
		conns int // that stay open
	}{
		{"a challenge", func(*rig, *fakeClient) {}, 1},
		{"a challenge, and the end of the client", func(_ *rig, c *fakeClient) { c.close() }, 0},
		{"another host", func(_ *rig, c *fakeClient) { c.do("GET", "/", "Host: b.test") }, 1},
		{"the same host", func(_ *rig, c *fakeClient) { c.do("GET", "/") }, 1},
		{"a client that cannot hold it", func(_ *rig, c *fakeClient) {
			c.close()
			c.shared = true
			c.do("GET", "/")
			c.do("GET", "/", "Authorization: NTLM 1-ann")
		}, 0},
		{"a reload", func(r *rig, c *fakeClient) {
			config := *r.node.Config()
			config.Origins[0].Retries++
			if err := r.node.Apply(&config); err != nil {
				t.Fatal(err)
			}
		}, 0},
	} {
		r := newRig(t, "", newUsers().answer)
		client := r.client()
		client.do("GET", "/").want(t, 401, "", "who")
		c.does(r, client)
		if n := r.connections(); n != c.conns {
			t.Errorf("%s: %d connections are open, want %d", c.name, n, c.conns)
		}
		client.close()
		if n := r.connections(); n != 0 {
			t.Errorf("%s: %d connections are open at the end", c.name, n)
		}
	}
}

// A trusted proxy sends the requests of several clients over one connection, and names the
// client of each. No client gets an answer for the user of another one, named or not.
func TestAuthConnIsOfOneClientBehindProxy(t *testing.T) {
	const ann = "X-Forwarded-For: 6.6.6.6"
	for _, other := range []string{"X-Forwarded-For: 7.7.7.7", "X-Forwarded-For: unknown", "X-Real-IP: 7.7.7.7", "Forwarded: for=_x", "Accept: */*"} {
		for _, settings := range []string{`default_ttl = "60s"`, `cache = "off"`} {
			r := newRig(t, settings, newUsers().answer)
			c := r.behind()
			login := func(from string) {
				c.do("GET", "/page", from, "Authorization: NTLM 1-ann")
				c.do("GET", "/page", from, "Authorization: NTLM 3-ann")
			}
			login(ann)
			c.do("GET", "/page", ann).want(t, 200, "", "ann")
			c.do("GET", "/page", other).want(t, 401, "", "who")
			c.do("GET", "/page", ann).want(t, 401, "", "who") // the authenticated connection has ended

			login("X-Forwarded-For: unknown")
			c.do("GET", "/page", "X-Forwarded-For: unknown").want(t, 401, "", "who")
			c.close()
			if n := r.connections(); n != 0 {
				t.Errorf("%s, %s: %d connections are open at the end", other, settings, n)
			}
		}
	}
}

// Requests with credentials for NTLM or Negotiate do not share fetches: each gets its own
// response.
func TestConnectionAuthenticationIsNotCollapsed(t *testing.T) {
	release := make(chan struct{})
	r := newRig(t, "", func(a *ask) {
		a.wait(release)
		a.give(200, a.field("Authorization"), "Cache-Control: public, max-age=60")
	})
	first := r.later("/a")
	r.await("the first fetch", func() bool { return len(r.origin.all()) == 1 })
	var later []<-chan *got
	for i := range 3 {
		later = append(later, r.later("/a", fmt.Sprint("Authorization: Negotiate ", i)))
	}
	r.await("a fetch for each", func() bool { return len(r.origin.all()) == 4 })
	close(release)
	(<-first).want(t, 200, "stored", "")
	for i, answer := range later {
		(<-answer).want(t, 200, "fwd=", fmt.Sprint("Negotiate ", i))
	}
	r.quiet()
	r.sleep(time.Second)
	r.get("/a").want(t, 200, "hit", "")
}

// A response over an authenticated connection is not stored and updates no stored response,
// although the request has no credentials.
func TestAuthConnUpdatesNothing(t *testing.T) {
	const page = "Cache-Control: public, max-age=60"
	r := newRig(t, "", func(a *ask) {
		switch {
		case a.target == "/login":
			a.give(401, "", "WWW-Authenticate: NTLM")
		case a.method == "HEAD":
			a.give(200, "all's", page, `ETag: "1"`, "X-User: ann")
		case a.method == "POST":
			a.give(200, "ann's", page, "Content-Location: /b")
		default:
			a.give(200, "all's", page, `ETag: "1"`)
		}
	})
	r.get("/a").want(t, 200, "stored", "all's")
	r.quiet()
	r.sleep(2 * time.Minute)
	c := r.client()
	defer c.close()
	c.do("GET", "/login").want(t, 401, "", "")
	c.do("HEAD", "/a").want(t, 200, "connection-auth", "")
	c.do("POST", "/b").want(t, 200, "method", "ann's")
	r.quiet()
	if g := r.get("/b"); g.body != "all's" {
		t.Errorf("somebody got %q", g.body)
	}
	if g := r.do("HEAD", "/a", "Cache-Control: only-if-cached, max-stale"); g.field("X-User") != "" {
		t.Errorf("somebody got the fields of %q", g.field("X-User"))
	}
	if e, ok := r.node.Object(Question{URL: "http://a.test/a"}); !ok || strings.Contains(strings.Join(e.Fields, "\n"), "X-User") {
		t.Errorf("stored: %+v", e)
	}
}
