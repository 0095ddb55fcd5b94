package edge

import (
	"fmt"
	"strings"
	"testing"

	"brink/edge/message"
)

// Once the reply has begun, a fetch uses nothing of the exchange: the client
// may leave, and its memory serve another request, while the body arrives.
func TestBodyOutlivesTheExchange(t *testing.T) {
	half := strings.Repeat("half", 10000)
	for _, c := range []struct {
		name   string
		method string
		fields []string
		before []string // fields of a request before
	}{
		{"shared", "GET", []string{"Accept-Language: de"}, nil},
		{"alone", "GET", []string{"X-Odd: 1", "Cookie: a=b"}, nil},
		{"part", "GET", []string{"Range: bytes=0-79999"}, nil},
		{"rest", "GET", nil, []string{"Range: bytes=0-3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				fields := []string{"Cache-Control: max-age=60", "Vary: X-Odd, Accept-Language", `ETag: "1"`}
				switch a.field("Range") {
				case "bytes=0-3":
					a.give(206, "half", append(fields, "Content-Range: bytes 0-3/80000")...)
					return
				case "bytes=4-":
					a.begin(206, 2*len(half)-4, append(fields, "Content-Range: bytes 4-79999/80000")...)
					a.say(half[4:])
				case "bytes=0-79999":
					a.begin(206, 2*len(half), append(fields, "Content-Range: bytes 0-79999/80000")...)
					a.say(half)
				default:
					a.begin(200, 2*len(half), fields...)
					a.say(half)
				}
				a.wait(release)
				a.say(half)
			})
			if c.before != nil {
				r.get("/a", c.before...)
				r.quiet()
			}
			client := r.client()
			client.ask(c.method, "/a", c.fields...)
			client.serve()
			client.done()
			client.ask("GET", "/other", "X-Odd: 2", "Accept-Language: fr")
			client.x.Reply = message.Reply{}
			close(release)
			r.quiet()
			whole := without(c.fields, "Range")
			g := r.get("/a", whole...)
			if g.status != 200 || g.body != half+half || c.name != "part" && g.outcome.Outcome != message.Hit {
				t.Errorf("%d, %d bytes, %s", g.status, len(g.body), g.cache)
			}
		})
	}
}

// What is too large to be stored reaches everybody who asks: by a fetch of
// their own if its length is announced, and else by one for all who came before
// it had grown too large.
func TestTooLarge(t *testing.T) {
	run := strings.Repeat("0123456789abcdef", 4096)
	const runs = 48
	for name, length := range map[string]int{"announced": runs * len(run), "chunked": -1} {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			r := newRig(t, "", func(a *ask) {
				if a.n == 1 {
					a.wait(release)
				}
				a.begin(200, length, "Cache-Control: max-age=60")
				for range runs {
					if length < 0 {
						a.say(fmt.Sprintf("%x\r\n%s\r\n", len(run), run))
					} else {
						a.say(run)
					}
				}
				if length < 0 {
					a.say("0\r\n\r\n")
				}
			})
			answers := r.many(5, "/a")
			close(release)
			for _, a := range answers {
				if g := <-a; g.status != 200 || g.err != nil || g.body != strings.Repeat(run, runs) {
					t.Fatalf("%d, %d bytes, %v", g.status, len(g.body), g.err)
				}
			}
			if asked := map[string]int{"announced": 5, "chunked": 1}[name]; len(r.origin.all()) != asked {
				t.Errorf("asked %d times", len(r.origin.all()))
			}
			r.quiet()
			if r.stored("/a") != nil {
				t.Error("stored")
			}
			if g := r.get("/a"); length > 0 && !strings.Contains(g.cache, "detail=too-large") {
				t.Errorf("%s", g.cache)
			}
		})
	}
}
