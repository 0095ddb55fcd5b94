package attack

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// personal answers with a page of the client's own cookie.
func personal(lines string) func(*answer, *seen) {
	return func(a *answer, q *seen) {
		a.reply(q, "200 OK", lines, "page of "+q.fields.get("Cookie")+q.fields.get("Authorization"))
	}
}

// permission is what an origin says of a response, and whether it may be
// answered to others.
type permission struct {
	name, lines, ask string
	stored           bool
}

const (
	withAuthorization = "Authorization: Basic eDp5\r\n"
	withCookie        = "Cookie: a=b\r\n"
)

// RFC 9111 sections 3.5, 5.2.2 and 7.3, RFC 9213.
var permissions = []permission{
	{"D01/set-cookie", "Cache-Control: max-age=600\r\nSet-Cookie: a=b", "", false},
	{"D01/set-cookie, expires", "Expires: Thu, 01 Jan 2099 00:00:00 GMT\r\nSet-Cookie: a=b", "", false},
	{"D01/set-cookie, capitals", "Cache-Control: max-age=600\r\nSET-COOKIE: a=b", "", false},
	{"D02/authorization", "Cache-Control: max-age=600", withAuthorization, false},
	{"D02/authorization, expires", "Expires: Thu, 01 Jan 2099 00:00:00 GMT", withAuthorization, false},
	{"D02/authorization, public", "Cache-Control: max-age=600, public", withAuthorization, true},
	{"D02/authorization, s-maxage", "Cache-Control: s-maxage=600", withAuthorization, true},
	{"D02/authorization, must-revalidate", "Cache-Control: max-age=600, must-revalidate", withAuthorization, true},
	{"D02/authorization, empty", "Cache-Control: max-age=600", "Authorization:\r\n", false},
	{"D03/private", "Cache-Control: private, max-age=600", "", false},
	{"D03/private, capitals", "Cache-Control: PRIVATE, Max-Age=600", "", false},
	{"D03/private, last", "Cache-Control: max-age=600, private", "", false},
	{"D03/private, second line", "Cache-Control: max-age=600\r\nCache-Control: private", "", false},
	{"D03/private, first line", "Cache-Control: private\r\nCache-Control: public, max-age=600", "", false},
	{"D03/private, qualified", "Cache-Control: max-age=600, private=\"Set-Cookie\"", "", false},
	{"D03/private, qualified by token", "Cache-Control: max-age=600, private=Set-Cookie", "", false},
	{"D03/private, empty", "Cache-Control: max-age=600, private=\"\"", "", false},
	{"D03/private, blank", "Cache-Control: max-age=600 , private ", "", false},
	{"D03/private and public", "Cache-Control: public, private, s-maxage=600", "", false},
	{"D03/private behind quotes", "Cache-Control: x=\"y\", max-age=600, private", "", false},
	{"D03/private behind empty members", "Cache-Control: ,,, private,, max-age=600", "", false},
	{"D03/private in quotes", "Cache-Control: x=\"private\", max-age=600", "", true},
	{"D03/no-store", "Cache-Control: no-store, max-age=600", "", false},
	{"D03/no-store, capitals", "Cache-Control: No-Store, max-age=600", "", false},
	{"D03/no-store, second line", "Cache-Control: public, max-age=600\r\nCache-Control: no-store", "", false},
	{"D03/no-store, value", "Cache-Control: max-age=600, no-store=\"x\"", "", false},
	{"D03/no-cache", "Cache-Control: no-cache, max-age=600", "", false},
	{"D03/no-cache, qualified", "Cache-Control: no-cache=\"X\", max-age=600", "", false},
	{"D03/max-age 0", "Cache-Control: max-age=0", "", false},
	{"D03/targeted private", "CDN-Cache-Control: private\r\nCache-Control: public, max-age=600", "", false},
	{"D03/targeted no-store", "Cache-Control: public, max-age=600\r\nCDN-Cache-Control: no-store", "", false},
	{"D03/targeted permits", "CDN-Cache-Control: max-age=600\r\nCache-Control: no-store", "", true},
	{"D03/targeted, malformed", "CDN-Cache-Control: max-age=\r\nCache-Control: no-store", "", false},
	{"D03/surrogate no-store", "Surrogate-Control: no-store\r\nCache-Control: public, max-age=600", "", false},
	{"D03/pragma", "Pragma: no-cache", "", false},
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	var list []kept
	for _, p := range permissions {
		list = append(list, kept{p.name, "200 OK", p.lines, p.stored})
	}
	w := keeping(t, setup{}, list)
	for i, p := range permissions {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			target := fmt.Sprintf("/%d/%s", i, newMark())
			w.again(t, target, p.stored, p.ask)
			// Without what identified the client it is no different.
			if r := w.get(t, target); r.cached() != p.stored {
				t.Errorf("another client got %+v", r)
			}
		})
	}
}

// TestCrowd has a crowd of clients, each with a cookie of its own, ask for one
// cold URL at once. The origin answers each with its own page, and none of them
// before most of the crowd has reached it: clients that waited for each other
// one by one would never get there.
func TestCrowd(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		lines   string
		clients int
	}{
		{"Cache-Control: private, max-age=600\r\n", 1000},
		{"Cache-Control: max-age=600\r\nSet-Cookie: a=b\r\n", 200},
		{"Cache-Control: no-store\r\n", 200},
		{"Cache-Control: max-age=600\r\nVary: Cookie\r\n", 200},
		{"Cache-Control: max-age=600\r\nVary: *\r\n", 200},
	} {
		t.Run("D04/"+strings.TrimSpace(c.lines), func(t *testing.T) {
			t.Parallel()
			together := c.clients / 2
			var mu sync.Mutex
			arrived := map[string]int{}
			enough := make(chan struct{})
			w := newWorld(t, setup{routes: []route{{prefix: "/d/", serve: func(a *answer, q *seen) {
				mu.Lock()
				arrived[q.target]++
				first := arrived[q.target] == 1
				if arrived[q.target] == together {
					close(enough)
				}
				mu.Unlock()
				if !first {
					// The leader's answer has released the others.
					select {
					case <-enough:
					case <-time.After(patience):
					}
				}
				personal(c.lines)(a, q)
			}}}})
			w.crowd(t, fmt.Sprintf("/d/%d/%s", i, newMark()), c.clients)
			select {
			case <-enough:
			default:
				t.Errorf("fewer than %d clients were at the origin at once", together)
			}
		})
	}
}

// crowd sends the same request for n clients, each with its own cookie, and
// checks that each gets its own page.
func (w *world) crowd(t *testing.T, target string, n int) {
	t.Helper()
	var wrong atomic.Int64
	var running sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		c := w.dial(t, fmt.Sprintf("127.0.0.%d", 4+i%5))
		running.Go(func() {
			defer c.close()
			<-start
			cookie := fmt.Sprintf("client=%d", i)
			c.send(t, "GET "+target+" HTTP/1.1\r\nHost: a.test\r\nCookie: "+cookie+"\r\n\r\n")
			if r, err := c.read(); err != nil || r.status != 200 || r.body != "page of "+cookie {
				wrong.Add(1)
				t.Errorf("client %d got %+v, %v", i, r, err)
			}
		})
	}
	close(start)
	running.Wait()
}

// TestCancel has the client that leads a fetch leave after each number of
// bytes of the response, and in the middle of its request, while others wait
// for the same response.
func TestCancel(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("0123456789abcdef", 256)
	gates := new(gates)
	slow := func(lines string) func(*answer, *seen) {
		return func(a *answer, q *seen) {
			a.raw("HTTP/1.1 200 OK\r\nX-Target: " + q.target + "\r\n" + lines + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(page)) + page[:len(page)/2])
			gates.wait(q.target)
			a.raw(page[len(page)/2:])
		}
	}
	w := newWorld(t, setup{loose: true, routes: []route{
		{prefix: "/shared/", serve: slow("Cache-Control: max-age=600\r\n")},
		{prefix: "/own/", serve: slow("Cache-Control: private\r\n")},
	}})
	for _, kind := range []string{"shared", "own"} {
		for offset := 0; offset < len(page)/2; offset += 61 {
			t.Run(fmt.Sprintf("D05/%s %d", kind, offset), func(t *testing.T) {
				t.Parallel()
				target := "/" + kind + "/" + newMark()
				request := "GET " + target + " HTTP/1.1\r\nHost: a.test\r\n\r\n"
				leader, follower := w.dial(t, "127.0.0.1"), w.dial(t, "127.0.0.3")
				defer follower.close()
				leader.send(t, request)
				if _, err := leader.src.bytes(offset); err != nil {
					t.Fatal(err)
				}
				follower.send(t, request)
				leader.leave()
				w.canary(t, 3)
				gates.open(target)
				if r := follower.answer(t); r.status != 200 || r.body != page || r.token() != target {
					t.Errorf("the follower got %d, %d bytes", r.status, r.length)
				}
				w.canary(t, 5)
			})
		}
	}
}

// gates keep the origin waiting for a test, by target.
type gates struct{ byTarget sync.Map }

func (g *gates) of(target string) chan struct{} {
	gate, _ := g.byTarget.LoadOrStore(target, make(chan struct{}))
	return gate.(chan struct{})
}

func (g *gates) open(target string) { close(g.of(target)) }

func (g *gates) wait(target string) {
	select {
	case <-g.of(target):
	case <-time.After(patience):
	}
}
