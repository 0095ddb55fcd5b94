package attack

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"brink/test/brinktest"
)

const loopConf = `
node {
  id = %q
}
$LISTEN
$ADMIN
origin "next" {
  server "http://%s" {}
}
site "all" {
  hosts  = ["*"]
  origin = "next"
}
log {
  access = "./access.log"
  level  = "error"
}
`

// ring starts n nodes, each the origin of the one before it and the first that
// of the last, and returns the world of the first.
func ring(t *testing.T, names ...string) *world {
	t.Helper()
	addresses := make([]string, len(names))
	for i := range names {
		addresses[i] = brinktest.FreeAddress(t)
	}
	w := &world{address: addresses[0]}
	w.mu.answers = map[int]int{}
	for i, name := range names {
		listen := fmt.Sprintf("listen \"web\" {\n  address = %q\n}", addresses[i])
		conf := fmt.Sprintf(loopConf, name, addresses[(i+1)%len(names)])
		node := brinktest.Start(t, strings.Replace(conf, "$LISTEN", listen, 1))
		if i == 0 {
			w.node = node
		}
	}
	return w
}

// TestRing has nodes that are each other's origins (RFC 8586): a request must
// end where it comes a second time.
func TestRing(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"a"}, {"a", "b"}, {"a", "b", "c"}, {"a", "a"}, {"a", "A"}} {
		t.Run(fmt.Sprintf("E07/%d %s", len(names), names), func(t *testing.T) {
			t.Parallel()
			w := ring(t, names...)
			for _, method := range []string{"GET", "HEAD", "POST"} {
				for _, lines := range []string{"", "Connection: CDN-Loop, Via\r\n", "CDN-Loop: other; x=\"a,b\", more\r\n", "Via: 1.1 x\r\n"} {
					mark := newMark()
					r := w.ask(t, method, "/"+mark, lines+"Content-Length: 0\r\n")
					if r.status != 508 {
						t.Fatalf("%s with %q is answered %+v", method, lines, r)
					}
					if again := w.ask(t, method, "/"+mark, lines); again.status != 508 || again.cached() {
						t.Errorf("the second time it is answered %+v", again)
					}
				}
			}
			w.node.Stop(t)
			// Each request was there once more before it ended.
			if n := len(w.log(t)); n > 2*2*3*4 {
				t.Errorf("%d lines in the log of the first node", n)
			}
		})
	}
}

// TestLoopFields sends what says that a request was here before, or may have
// been.
func TestLoopFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{more: "node {\n  id = \"edge-7\"\n}"})
	for _, r := range []struct {
		name, lines string
		want        int
	}{
		{"own name", "CDN-Loop: edge-7\r\n", 508},
		{"own name, capitals", "CDN-Loop: EDGE-7\r\n", 508},
		{"own name, last", "CDN-Loop: a, b;x=y, edge-7\r\n", 508},
		{"own name, second line", "CDN-Loop: a\r\nCDN-Loop: edge-7\r\n", 508},
		{"own name with parameter", "CDN-Loop: edge-7;v=1\r\n", 508},
		{"own name, to be removed", "CDN-Loop: edge-7\r\nConnection: CDN-Loop\r\n", 508},
		{"malformed", "CDN-Loop: a b\r\n", 400},
		{"quotes", "CDN-Loop: \"\r\n", 400},
		{"parameter without value", "CDN-Loop: a;x\r\n", 400},
		{"eleven hops", "Via: " + strings.Repeat("1.1 x, ", 10) + "1.1 x\r\n", 508},
		{"eleven lines", strings.Repeat("Via: 1.1 x\r\n", 11), 508},
		{"hops, to be removed", strings.Repeat("Via: 1.1 x\r\n", 11) + "Connection: Via\r\n", 508},
		{"other name", "CDN-Loop: edge-77\r\n", 200},
		{"own name quoted", "CDN-Loop: a;x=\"edge-7\"\r\n", 200},
		{"ten hops", strings.Repeat("Via: 1.1 x\r\n", 10), 200},
		{"underscore", "CDN_Loop: edge-7\r\n", 200},
	} {
		t.Run("E07/"+r.name, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, "GET /$ID HTTP/1.1\r\n$H"+r.lines+"\r\n", r.want)
			if r.want != 200 && len(got) > 0 || r.want == 200 && (len(got) != 1 || !strings.HasSuffix(got[0].fields.get("CDN-Loop"), "edge-7")) {
				t.Errorf("the origin got %+v", got)
			}
		})
	}
	w.replaysAlike(t)
}

// TestRedirects has the origin redirect to itself, to others and in circles:
// that is for the client to follow.
func TestRedirects(t *testing.T) {
	t.Parallel()
	places := []string{"/self", "http://a.test/self", "http://evil.test/", "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x"}
	var routes []route
	for i, place := range places {
		routes = append(routes, route{prefix: fmt.Sprintf("/%d/", i), serve: func(a *answer, q *seen) {
			a.reply(q, "302 Found", "Cache-Control: no-store\r\nLocation: "+place+"\r\n", "")
		}})
	}
	w := newWorld(t, setup{routes: routes})
	for i, place := range places {
		t.Run("E09/"+place, func(t *testing.T) {
			t.Parallel()
			target := fmt.Sprintf("/%d/%s", i, newMark())
			r := w.get(t, target)
			if got := w.origin.of(marked(target)); r.status != 302 || r.fields.get("Location") != place || len(got) != 1 {
				t.Errorf("answered %+v, the origin got %+v", r, got)
			}
		})
	}
}

// TestPrivateAddress has an origin's name lead to this machine, which nobody
// said it may.
func TestPrivateAddress(t *testing.T) {
	t.Parallel()
	name := privateName(t)
	o := newRecorder(t)
	_, port, _ := strings.Cut(o.address, ":")
	w := newWorld(t, setup{more: fmt.Sprintf(`
origin "named" {
  server "http://%[1]s:%[2]s" {}
}
origin "allowed" {
  server "http://%[1]s:%[2]s" {}
  allow_private = true
}
origin "localhost" {
  server "http://localhost:%[2]s" {}
}
site "named" {
  hosts  = ["named.test"]
  origin = "named"
}
site "allowed" {
  hosts  = ["allowed.test"]
  origin = "allowed"
}
site "localhost" {
  hosts  = ["localhost.test"]
  origin = "localhost"
}`, name, port), loose: true})
	for _, c := range []struct {
		host string
		want int
	}{{"named.test", 502}, {"allowed.test", 200}, {"localhost.test", 200}} {
		for _, method := range []string{"GET", "POST"} {
			r := w.request(t, method, input(method+" /$ID HTTP/1.1\r\nHost: "+c.host+"\r\nContent-Length: 0\r\n\r\n", newMark()))
			if prohibited := strings.Contains(r.fields.get("Proxy-Status"), "destination_ip_prohibited"); r.status != c.want || prohibited != (c.want == 502) {
				t.Errorf("E09: %s by the name of %s: answered %+v", method, name, r)
			}
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.mu.targets) != 4 {
		t.Errorf("E09: the origin got %v", o.mu.targets)
	}
}

// privateName returns a name, other than localhost, that leads to this machine:
// its own, mostly.
func privateName(t *testing.T) string {
	t.Helper()
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{name, "ip6-localhost", "localhost.localdomain"} {
		if isLoopbackName(name) {
			return name
		}
	}
	t.Skip("no name but localhost leads to this machine")
	return ""
}

func isLoopbackName(name string) bool {
	addresses, err := net.LookupIP(name)
	for _, a := range addresses {
		if !a.IsLoopback() {
			return false
		}
	}
	return err == nil && len(addresses) > 0
}
