package attack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// RFC 9110 section 7.6.1: a client must not be able to have fields removed
// that the next hop decides by, nor to change how a message is framed.
func TestHop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{
		"Content-Length", "Transfer-Encoding", "Host", "Authorization", "Cookie", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
		"Forwarded", "CDN-Loop", "Via", "Cache-Control", "Pragma", "X-Free, Host, Content-Length", "host", "*", "close, Host", ",,Host,,",
	} {
		t.Run("A16/"+name, func(t *testing.T) {
			t.Parallel()
			w.keepsFields(t, "POST /$ID HTTP/1.1\r\n"+standing+"Connection: "+name+"\r\nContent-Length: 5\r\n\r\nhello")
			w.keepsFields(t, "GET /c/$ID HTTP/1.1\r\n"+standing+"Connection: "+name+"\r\n\r\n")
		})
	}
	for _, line := range []string{"Keep-Alive: x", "Proxy-Connection: keep-alive", "TE: gzip", "Trailer: Content-Length", "Proxy-Authorization: Basic x", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA", "Proxy-Authenticate: x"} {
		t.Run("A16/"+line, func(t *testing.T) {
			t.Parallel()
			name, value, _ := strings.Cut(line, ": ")
			_, got := w.accepts(t, "POST /$ID HTTP/1.1\r\n$H"+line+"\r\nContent-Length: 5\r\n\r\nhello", 200)
			if len(got) != 1 || slices.Contains(got[0].fields.all(name), value) {
				t.Errorf("the origin got %+v", got)
			}
		})
	}
	for _, options := range []string{strings.Repeat("x-a, ", 17), strings.Repeat("x-a,", 7_000)} {
		t.Run(fmt.Sprintf("A16/%d bytes of options", len(options)), func(t *testing.T) {
			t.Parallel()
			w.refuses(t, "GET /c/$ID HTTP/1.1\r\n$HConnection: "+options+"\r\n\r\n", 400)
		})
	}
	w.refusesMethods(t)
	w.replaysAlike(t)
}

// standing are the fields that must arrive whatever Connection says, with
// those that the node sets itself.
const standing = "$HAuthorization: Basic eDp5\r\nCookie: a=b\r\nX-Forwarded-For: 1.1.1.1\r\nAccept-Language: de\r\n"

func (w *world) keepsFields(t *testing.T, text string) {
	t.Helper()
	mark := newMark()
	r := w.request(t, "POST", input(text, mark))
	got := w.origin.of(mark)
	if r.status != 200 || len(got) != 1 {
		t.Fatalf("answered %d, the origin got %+v", r.status, got)
	}
	f := got[0].fields
	for _, want := range []field{
		{"Host", "a.test"}, {"Authorization", "Basic eDp5"}, {"Cookie", "a=b"}, {"Accept-Language", "de"},
		{"X-Forwarded-For", "127.0.0.3"}, {"X-Forwarded-Host", "a.test"}, {"X-Forwarded-Proto", "http"}, {"Forwarded", `for=127.0.0.3;host="a.test";proto=http`},
	} {
		if f.get(want.name) != want.value {
			t.Errorf("the origin got %s: %q, want %q", want.name, f.get(want.name), want.value)
		}
	}
	if f.get("CDN-Loop") == "" || f.get("Via") == "" || f.get("Connection") != "" {
		t.Errorf("the origin got %+v", f)
	}
	if got[0].method == "POST" && got[0].body != "hello" {
		t.Errorf("the origin got the body %q, framed by %s", got[0].body, got[0].framing)
	}
	w.unharmed(t, mark, 20)
}

// declinesUpgrade answers 200 to what asks for another protocol.
func declinesUpgrade(a *answer, q *seen) { a.ok(q, "Cache-Control: max-age=600\r\n") }

// TestUpgrade asks for other protocols, with a request behind that a node which
// begins to tunnel too early would pass on as it is.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{routes: []route{{prefix: "/up", serve: declinesUpgrade}}})
	const second = "GET /second$ID HTTP/1.1\r\nHost: b.test\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
	for _, r := range []struct{ name, lines string }{
		{"A17/unknown", "Upgrade: x\r\nConnection: upgrade\r\n"},
		{"A17/websocket", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
		{"A17/websocket, old", "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 1337\r\n"},
		{"A17/not listed", "Upgrade: websocket\r\n"},
		{"A17/twice", "Upgrade: websocket\r\nUpgrade: x\r\nConnection: upgrade\r\n"},
		{"A18/h2c", "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"},
		{"A18/h2c, not listed", "Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"},
		{"A18/h2c in a list", "Upgrade: websocket, h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"},
		{"A18/h2c capitals", "Upgrade: H2C\r\nConnection: upgrade\r\n"},
		{"A18/h2", "Upgrade: h2\r\nConnection: Upgrade\r\n"},
		{"A18/TLS", "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n"},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			_, got := w.accepts(t, "GET /up$ID HTTP/1.1\r\n$H"+r.lines+"X-Remote-User: eve\r\nX-Client-IP: 6.6.6.6\r\n\r\n"+second, 200, 200)
			if len(got) != 2 {
				t.Fatalf("the origin got %+v", got)
			}
			if got[1].fields.get("Via") == "" || got[1].fields.get("X-Forwarded-For") != "127.0.0.1" {
				t.Errorf("the second request went by the node's rules: %+v", got[1])
			}
			f := got[0].fields
			if f.get("X-Remote-User")+f.get("X-Client-IP") != "" {
				t.Errorf("the origin got %+v", f)
			}
			if f.get("HTTP2-Settings") != "" || strings.HasPrefix(r.name, "A18/h2c") && f.get("Upgrade") != "" {
				t.Errorf("the origin got %+v", f)
			}
		})
	}
}

// refusesMethods sends what only the admin listener or nobody answers.
func (w *world) refusesMethods(t *testing.T) {
	for _, method := range []string{"TRACE", "PURGE"} {
		t.Run("A24/"+method, func(t *testing.T) {
			t.Parallel()
			mark := newMark()
			target := "/c/" + mark
			first := w.victim(t, target)
			w.accepts(t, method+" "+target+" HTTP/1.1\r\n$HX-Secret: s\r\n\r\n", 405)
			if again := w.victim(t, target); again.body != first.body || !again.cached() {
				t.Errorf("after %s the answer is %+v", method, again)
			}
			if got := w.origin.of(mark); len(got) != 1 {
				t.Errorf("the origin got %+v", got)
			}
		})
	}
}

// TestSpoof sends fields by which a client would speak as a proxy, and checks
// that the origin gets the node's own in their place, or none.
func TestSpoof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Prefix",
		"X-Forwarded-Scheme", "X-Forwarded-SSL", "X-Forwarded-Proto-Version", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP", "X-Client-IP",
		"X-Cluster-Client-IP", "Fastly-Client-IP", "X-Originating-IP", "X-Remote-IP", "X-Remote-Addr", "Client-IP", "X-Azure-ClientIP", "Front-End-Https",
		"X-Original-URL", "X-Rewrite-URL", "X-Original-URI", "X-Original-Host", "X-Host", "X-Url-Scheme", "X-ProxyUser-IP", "Proxy", "X_Forwarded_For",
		"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "Proxy-Authorization", "Surrogate-Capability",
		"X-Original-Forwarded-For", "WL-Proxy-Client-IP", "Proxy-Client-IP", "Forwarded-For", "X-Forwarded", "X-Middleware-Subrequest", "X-Envoy-Internal", "$WSRU",
		"X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Authenticated-User", "X-WEBAUTH-USER", "X-SSL-Client-Verify", "X-Client-Cert", "X-MS-Client-Principal",
	} {
		t.Run("E12/"+name, func(t *testing.T) {
			t.Parallel()
			const value = "6.6.6.6"
			requests := []string{"GET /c/$ID HTTP/1.1\r\n$H"}
			if !strings.Contains(name, "Method") { // a POST may mean another method
				requests = append(requests, "POST /$ID HTTP/1.1\r\n$HContent-Length: 0\r\n")
			}
			for _, request := range requests {
				_, got := w.accepts(t, request+name+": "+value+"\r\n"+name+": "+value+"\r\n\r\n", 200)
				if len(got) != 1 {
					t.Fatalf("the origin got %+v", got)
				}
				for _, f := range got[0].fields {
					if strings.Contains(f.value, value) {
						t.Errorf("the origin got %s: %s", f.name, f.value)
					}
				}
			}
		})
	}
	w.replaysAlike(t)
}
