package attack

import (
	"fmt"
	"strings"
	"testing"
)

// poisoning is an attacker's request for a cold URL, and a victim's that may
// share its response. The victim's page must not have the word "evil".
type poisoning struct {
	name, attack, victim string
	shares               bool // the victim is answered from the cache
}

func (w *world) survives(t *testing.T, list []poisoning) {
	for _, p := range list {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			mark := newMark()
			method, _, _ := strings.Cut(p.attack, " ")
			attack := w.request(t, method, input(p.attack, mark))
			if attack.status >= 500 {
				t.Fatalf("the attack is answered %+v", attack)
			}
			victim := w.request(t, "GET", input(p.victim, mark))
			if victim.status != 200 || strings.Contains(victim.body, "evil") || !strings.HasPrefix(victim.body, "page of ") {
				t.Fatalf("the victim got %+v", victim)
			}
			for _, f := range victim.fields {
				if strings.Contains(f.value, "evil") {
					t.Errorf("the victim got %s: %s", f.name, f.value)
				}
			}
			if victim.cached() != p.shares {
				t.Errorf("the victim was answered from the cache: %t, want %t: %+v", victim.cached(), p.shares, victim)
			}
			w.unharmed(t, mark, 3)
		})
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{routes: append(mirrored, route{prefix: "/k/", serve: mirror}), site: `
  path "/k/**" {
    key {
      query  = "drop"
      params = ["utm_*"]
    }
  }`})
	w.survives(t, fatGets)
	w.survives(t, cloaked)
	w.survives(t, neighbours)
	w.survives(t, garbage)
}

const plainVictim = "GET /m/$ID HTTP/1.1\r\n$H\r\n"

// Content of a GET that the origin may make something of.
var fatGets = []poisoning{
	{"C02/by length", "GET /m/$ID HTTP/1.1\r\n$HContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\na=evil", plainVictim, false},
	{"C02/by chunks", "GET /m/$ID HTTP/1.1\r\n$HTransfer-Encoding: chunked\r\n\r\n6\r\na=evil\r\n0\r\n\r\n", plainVictim, false},
	{"C02/head", "HEAD /m/$ID HTTP/1.1\r\n$HContent-Length: 6\r\n\r\na=evil", plainVictim, false},
	{"C02/method override", "GET /m/$ID HTTP/1.1\r\n$HX-HTTP-Method-Override: POST\r\nContent-Length: 6\r\n\r\na=evil", plainVictim, false},
	{"C11/override", "GET /m/$ID HTTP/1.1\r\n$HX-HTTP-Method-Override: evil\r\n\r\n", plainVictim, true},
	{"C11/method", "GET /m/$ID HTTP/1.1\r\n$HX-HTTP-Method: evil\r\n\r\n", plainVictim, true},
	{"C11/method override", "GET /m/$ID HTTP/1.1\r\n$HX-Method-Override: evil\r\n\r\n", plainVictim, true},
	{"C11/parameter", "GET /m/$ID?_method=evil HTTP/1.1\r\n$H\r\n", plainVictim, false},
}

// Parameters that the key reads in one way and the origin may in another.
var cloaked = []poisoning{
	{"C03/semicolon", "GET /k/$ID?x=1&utm_content=a;x=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", true},
	{"C03/escaped ampersand", "GET /k/$ID?x=1&utm_content=a%26x=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", true},
	{"C03/dropped", "GET /k/$ID?utm_source=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID HTTP/1.1\r\n$H\r\n", true},
	{"C03/dropped among others", "GET /k/$ID?x=1&utm_source=evil&y=2 HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1&y=2 HTTP/1.1\r\n$H\r\n", true},
	{"C03/escaped name", "GET /k/$ID?x=1&%75tm_source=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", true},
	{"C03/two question marks", "GET /k/$ID?x=1?utm_source=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", false},
	{"C03/semicolon first", "GET /k/$ID?x=1;utm_source=evil HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", false},
	{"C03/twice", "GET /m/$ID?x=1&x=evil HTTP/1.1\r\n$H\r\n", "GET /m/$ID?x=1 HTTP/1.1\r\n$H\r\n", false},
	{"C03/escape", "GET /m/$ID?%78=evil HTTP/1.1\r\n$H\r\n", "GET /m/$ID?x=1 HTTP/1.1\r\n$H\r\n", false},
	{"C03/escaped separator", "GET /m/$ID?x=1%26x=evil HTTP/1.1\r\n$H\r\n", "GET /m/$ID?x=1 HTTP/1.1\r\n$H\r\n", false},
	{"C03/escaped question mark", "GET /m/$ID%3fx=evil HTTP/1.1\r\n$H\r\n", plainVictim, false},
	{"C03/escaped hash", "GET /m/$ID%23evil HTTP/1.1\r\n$H\r\n", plainVictim, false},
	{"C03/empty query", "GET /m/$ID? HTTP/1.1\r\n$HX-Free: evil\r\n\r\n", plainVictim, false},
	{"C03/1000 parameters", "GET /m/$ID?evil" + strings.Repeat("&a=b", 1000) + " HTTP/1.1\r\n$H\r\n", plainVictim, false},
	{"C03/1000 dropped", "GET /k/$ID?x=1" + strings.Repeat("&utm_evil=b", 1000) + " HTTP/1.1\r\n$H\r\n", "GET /k/$ID?x=1 HTTP/1.1\r\n$H\r\n", true},
	{"C03/parameter in path", "GET /m/$ID;x=evil HTTP/1.1\r\n$H\r\n", plainVictim, false},
}

// Requests that differ in what must be in every key.
var neighbours = []poisoning{
	{"C04/port", "GET /m/$ID HTTP/1.1\r\nHost: a.test:666\r\nX-Evil: x\r\n\r\n", plainVictim, false},
	{"C04/port in absolute form", "GET http://a.test:666/m/$ID HTTP/1.1\r\n$HX-Evil: x\r\n\r\n", plainVictim, false},
	{"C06/host", "GET /m/$ID HTTP/1.1\r\nHost: b.test\r\n\r\n", plainVictim, false},
	{"C06/post", "POST /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C06/head", "HEAD /m/$ID HTTP/1.1\r\n$H\r\n", plainVictim, true},
	{"C06/case of path", "GET /m/EVIL$ID HTTP/1.1\r\n$H\r\n", plainVictim, false},
	{"C12/post", "POST /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/put", "PUT /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/delete", "DELETE /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/patch", "PATCH /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/propfind", "PROPFIND /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/query", "QUERY /m/$ID HTTP/1.1\r\n$HContent-Length: 4\r\n\r\nevil", plainVictim, false},
	{"C12/options", "OPTIONS /m/$ID HTTP/1.1\r\n$HX-Free: evil\r\n\r\n", plainVictim, false},
	{"C12/getx", "GETX /m/$ID HTTP/1.1\r\n$HX-Free: evil\r\n\r\n", plainVictim, false},
	{"C12/lower case", "get /m/$ID HTTP/1.1\r\n$HX-Free: evil\r\n\r\n", plainVictim, false},
}

// Fields that must neither fail nor split what is shared.
var garbage = []poisoning{
	{"C13/range", "GET /m/$ID HTTP/1.1\r\n$HRange: bytes=evil\r\n\r\n", plainVictim, true},
	{"C13/range unit", "GET /m/$ID HTTP/1.1\r\n$HRange: evil=0-1\r\n\r\n", plainVictim, true},
	{"C13/many ranges", "GET /m/$ID HTTP/1.1\r\n$HRange: bytes=" + strings.Repeat("0-0,", 100) + "evil\r\n\r\n", plainVictim, true},
	{"C13/if-range", "GET /m/$ID HTTP/1.1\r\n$HIf-Range: evil\r\n\r\n", plainVictim, true},
	{"C13/if-range and range", "GET /m/$ID HTTP/1.1\r\n$HIf-Range: \"evil\"\r\nRange: bytes=x\r\n\r\n", plainVictim, true},
	{"C13/if-none-match", "GET /m/$ID HTTP/1.1\r\n$HIf-None-Match: evil\r\n\r\n", plainVictim, true},
	{"C13/if-match", "GET /m/$ID HTTP/1.1\r\n$HIf-Match: evil\r\n\r\n", plainVictim, false}, // it is passed
	{"C13/if-modified-since", "GET /m/$ID HTTP/1.1\r\n$HIf-Modified-Since: evil\r\n\r\n", plainVictim, true},
	{"C14/no coding", "GET /m/$ID HTTP/1.1\r\n$HAccept-Encoding: evil,,;q=zz\r\n\r\n", plainVictim, true},
	{"C14/latin-1", "GET /m/$ID HTTP/1.1\r\n$HAccept-Encoding: \xff, evil;q=\xfe\r\n\r\n", plainVictim, true},
	{"C14/1000 codings", "GET /m/$ID HTTP/1.1\r\n$HAccept-Encoding: " + strings.Repeat("evil, ", 1000) + "\r\n\r\n", plainVictim, true},
	{"C14/lines", "GET /m/$ID HTTP/1.1\r\n$H" + strings.Repeat("Accept-Encoding: evil\r\n", 50) + "\r\n", plainVictim, true},
}

// TestMethods has HEAD and GET use what either has fetched, which is whole,
// and unsafe methods put it out of use where they succeed (RFC 9111 section 4).
func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{routes: []route{{prefix: "/u/", serve: func(a *answer, q *seen) {
		status := "200 OK"
		if q.fields.get("X-Fail") != "" {
			status = "500 Internal Server Error"
		}
		a.reply(q, status, "Cache-Control: max-age=600\r\n", q.page())
	}}}})
	t.Run("C06/HEAD", func(t *testing.T) {
		t.Parallel()
		target := "/u/" + newMark()
		w.ask(t, "HEAD", target)
		if r := w.victim(t, target); !r.cached() {
			t.Errorf("HEAD has filled the cache with %+v", r)
		}
		if r := w.ask(t, "HEAD", target); !r.cached() || r.fields.get("Content-Length") == "0" {
			t.Errorf("HEAD is answered %+v", r)
		}
	})
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "PROPPATCH"} {
		t.Run("C12/"+method, func(t *testing.T) {
			t.Parallel()
			target := "/u/" + newMark()
			w.victim(t, target)
			w.ask(t, method, target, "X-Fail: yes\r\nContent-Length: 0\r\n")
			if r := w.victim(t, target); !r.cached() {
				t.Errorf("%s that failed has put out of use what is stored", method)
			}
			w.ask(t, method, target, "Content-Length: 0\r\n")
			if r := w.victim(t, target); r.cached() {
				t.Errorf("%s has left what is stored", method)
			}
		})
	}
}

// TestEncodings asks for what is stored with all manners of Accept-Encoding:
// what no origin varies by must be a hit.
func TestEncodings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.victim(t, "/c/warm")
	for _, value := range []string{"", "\xff\xfe", ",,;q=zz", "gzip", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*", "*;q=0", "identity;q=0", strings.Repeat("x, ", 1000), "gzip;q=99999999999999999999", "\"", ";;;", "gzip gzip"} {
		t.Run(fmt.Sprintf("C14/%.20q", value), func(t *testing.T) {
			t.Parallel()
			if r := w.get(t, "/c/warm", "Accept-Encoding: "+value+"\r\n"); r.status != 200 || !r.cached() {
				t.Errorf("answered %+v", r)
			}
		})
	}
}

// TestBlamed has an origin answer errors that may be stored to what it takes
// exception at. The next client sends nothing of the kind, and must get the
// page.
func TestBlamed(t *testing.T) {
	t.Parallel()
	const limit = 8190
	site := `
  path "/static/**" { ttl = "1h" }
  path "/negative/**" { negative_ttl = { "400" = "1h" } }`
	strict := func(status, lines string) func(*answer, *seen) {
		return func(a *answer, q *seen) {
			n := 0
			for _, f := range q.fields {
				n += len(f.name) + len(f.value) + 4
			}
			if n > limit || len(q.fields) > 100 || q.fields.get("Range") != "" {
				a.reply(q, status, lines, "evil\n")
				return
			}
			a.ok(q, "Cache-Control: max-age=600\r\n")
		}
	}
	var routes []route
	for _, prefix := range []string{"/plain", "/static/", "/negative/"} {
		for _, status := range []string{"400 Bad Request", "413 Content Too Large", "414 URI Too Long", "416 Range Not Satisfiable", "431 Request Header Fields Too Large", "500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"} {
			for _, lines := range []string{"", "Cache-Control: max-age=600\r\n", "Cache-Control: public\r\n"} {
				routes = append(routes, route{prefix: fmt.Sprintf("%s/%d/", prefix, len(routes)), serve: strict(status, lines)})
			}
		}
	}
	w := newWorld(t, setup{site: site, routes: routes})
	for _, r := range routes {
		for _, c := range []struct{ name, lines string }{
			{"long agent", "User-Agent: " + strings.Repeat("evil", 2300) + "\r\n"},
			{"long cookie", "Cookie: a=" + strings.Repeat("evil", 2300) + "\r\n"},
			{"long field", "X-Oversized: " + strings.Repeat("evil", 2300) + "\r\n"},
			{"many fields", strings.Repeat("Accept: evil\r\n", 100)},
			{"range", "Range: bytes=5-\r\n"},
		} {
			t.Run("C09"+r.prefix+c.name, func(t *testing.T) {
				t.Parallel()
				target := r.prefix + newMark()
				w.get(t, target, c.lines)
				if r := w.get(t, target); r.status != 200 || strings.Contains(r.body, "evil") {
					t.Fatalf("the victim got %+v", r)
				}
			})
		}
	}
}
