package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
)

// firstThen answers the first request for each target with broken, and the
// others as it should be.
func firstThen(broken func(*answer, *seen)) func(*answer, *seen) {
	return func(a *answer, q *seen) {
		a.recorder.mu.Lock()
		first := a.recorder.mu.targets[q.target] == 1
		a.recorder.mu.Unlock()
		if first {
			broken(a, q)
			return
		}
		a.ok(q, "Cache-Control: max-age=600\r\n")
	}
}

// says sends bytes and ends the connection.
func says(text string) func(*answer, *seen) {
	return firstThen(func(a *answer, q *seen) {
		a.raw(text)
		a.hangUp()
	})
}

// breaks sends bytes and resets the connection.
func breaks(text string) func(*answer, *seen) {
	return firstThen(func(a *answer, q *seen) {
		a.raw(text)
		a.reset()
	})
}

// keeps sends bytes and keeps the connection for the next request.
func keeps(text string) func(*answer, *seen) {
	return firstThen(func(a *answer, q *seen) { a.raw(text) })
}

// trick is something that an origin does.
type trick struct {
	name  string
	serve func(*answer, *seen)
}

// tricks makes a world whose origin does each of them below "/" and its
// number.
func tricks(t *testing.T, s setup, list []trick) *world {
	for i, k := range list {
		s.routes = append(s.routes, route{prefix: fmt.Sprintf("/%d/", i), serve: k.serve})
	}
	s.loose = true
	return newWorld(t, s)
}

const (
	byLength = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 10\r\n\r\n"
	byChunks = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n"
	byClose  = "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nConnection: close\r\n\r\n"
)

// RFC 9112 section 8, RFC 9111 section 3.3.
var cutOffs = []trick{
	{"R01/length, end", says(byLength + "hello")},
	{"R01/length, reset", breaks(byLength + "hello")},
	{"R01/length, nothing", says(byLength)},
	{"R01/length, all but one", says(byLength + "hellohell")},
	{"R01/chunks, no last", says(byChunks + "5\r\nhello\r\n")},
	{"R01/chunks, reset", breaks(byChunks + "5\r\nhello\r\n")},
	{"R01/chunks, inside", says(byChunks + "5\r\nhel")},
	{"R01/chunks, no end", says(byChunks + "5\r\nhello")},
	{"R01/chunks, half a size", says(byChunks + "5\r\nhello\r\n0")},
	{"R01/chunks, no empty line", says(byChunks + "5\r\nhello\r\n0\r\n")},
	{"R01/chunks, in the trailers", says(byChunks + "5\r\nhello\r\n0\r\nX: y\r\n")},
	{"R01/chunks, nothing", says(byChunks)},
	{"R01/chunks, bad size", says(byChunks + "5\r\nhello\r\nxyz\r\n0\r\n\r\n")},
	{"R01/chunks, bad end", says(byChunks + "5\r\nhelloXX0\r\n\r\n")},
	{"R01/chunks, huge size", says(byChunks + "5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\n0\r\n\r\n")},
	{"R01/chunks, line feeds", says(byChunks + "5\nhello\n0\n\n")},
	{"R01/close, reset", breaks(byClose + "hello")},
	{"R01/stalls", firstThen(func(a *answer, q *seen) { a.raw(byLength + "hello") })},
	{"R01/chunks stall", firstThen(func(a *answer, q *seen) { a.raw(byChunks + "5\r\nhello\r\n") })},
	{"R04/10 MB of trailers", says(byChunks + "5\r\nhello\r\n0\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 10_000) + "\r\n")},
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	list := cutOffs
	for _, whole := range []string{byLength + "hellohello", byChunks + "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"} {
		for n := len("HTTP/1.1 200 OK\r\n"); n < len(whole); n += 3 {
			list = append(list, trick{fmt.Sprintf("R01/%d of %d bytes", n, len(whole)), says(whole[:n])})
		}
	}
	w := tricks(t, setup{origin: `body_timeout = "200ms"`}, list)
	for i, k := range list {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w.seesCut(t, fmt.Sprintf("GET /%d/$ID HTTP/1.1\r\n$HConnection: close\r\n\r\n", i))
			w.seesCut(t, fmt.Sprintf("GET /%d/$ID HTTP/1.0\r\n$H\r\n", i))
		})
	}
}

// seesCut checks that a client can tell that the response is not whole, and
// that the next client gets another.
func (w *world) seesCut(t *testing.T, text string) {
	t.Helper()
	mark := newMark()
	tr := w.talk(t, input(text, mark))
	if !tr.tellsCut() {
		t.Fatalf("a response that broke off comes as %s, %+v", tr, tr.whole)
	}
	target := strings.Fields(input(text, mark))[1]
	if r := w.victim(t, target); r.cached() {
		t.Errorf("what broke off was stored: %+v", r)
	}
	w.canary(t, 5)
}

// tellsCut reports whether the client can tell that a response is not whole: it
// breaks off by its own framing, the connection is reset, or it was replaced by
// an error in time.
func (tr *transcript) tellsCut() bool {
	if len(tr.whole) > 0 {
		return len(tr.whole) == 1 && oneOf(tr.whole[0].status, []int{502, 504})
	}
	return tr.end == "reset" || tr.end == "closed" && tr.part != nil && tr.part.framing != "close"
}

// RFC 9112 sections 2.2, 4 and 6.3.
var broken = []trick{
	{"R02/both lengths", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")},
	{"R02/two lengths", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")},
	{"R02/two lengths alike", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/list of lengths", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 5, 5\r\n\r\nhello")},
	{"R02/negative length", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: -5\r\n\r\nhello")},
	{"R02/huge length", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 18446744073709551621\r\n\r\nhello")},
	{"R02/unknown coding", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: gzip\r\n\r\nhello")},
	{"R02/two codings", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
	{"R02/coding in 1.0", says("HTTP/1.0 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")},
	{"R02/line feeds", says("HTTP/1.1 200 OK\nCache-Control: max-age=600\nContent-Length: 5\n\nhello")},
	{"R02/line feed", says("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\nContent-Length: 5\r\n\r\nhello")},
	{"R02/line feed in value", says("HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: b=c\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/return in value", says("HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/nul in value", says("HTTP/1.1 200 OK\r\nX: a\x00b\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/folded", says("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/space before colon", says("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello")},
	{"R02/no colon", says("HTTP/1.1 200 OK\r\nnoColon\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/no name", says("HTTP/1.1 200 OK\r\n: v\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/underscore", says("HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/17 options", says("HTTP/1.1 200 OK\r\nConnection: " + strings.Repeat("x-a,", 17) + "\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/40 KB of options", says("HTTP/1.1 200 OK\r\nConnection: " + strings.Repeat("x-a,", 10_000) + "\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/status 2000", says("HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/status 20", says("HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/status 099", says("HTTP/1.1 099 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/status text", says("HTTP/1.1 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/no version", says("200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/HTTP 2.0", says("HTTP/2.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/HTTP 1.2", says("HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/icy", says("ICY 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/garbage first", says("xxHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/line end first", says("\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")},
	{"R02/HTTP/2", says("\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00\x00\x05\x00\xff\xff\xff")},
	{"R02/0.9", says("<html>hello</html>")},
	{"R02/nothing", firstThen(func(a *answer, q *seen) { a.raw("H"); a.hangUp() })},
	{"R02/switches unasked", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello")},
	{"R04/1000 hints", says(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 1000) + byLength + "hellohello")},
	{"R04/1000 times 100", says(strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 1000) + byLength + "hellohello")},
	{"R04/10 MB field", says("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("y", 10<<20) + "\r\nContent-Length: 5\r\n\r\nhello")},
	{"R04/10 MB of fields", says("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("y", 1000)+"\r\n", 10_000) + "Content-Length: 5\r\n\r\nhello")},
	{"R04/10000 fields", says("HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 10_000) + "Content-Length: 5\r\n\r\nhello")},
	{"R04/10 MB reason", says("HTTP/1.1 200 " + strings.Repeat("y", 10<<20) + "\r\nContent-Length: 5\r\n\r\nhello")},
	{"R06/1 MB location", says("HTTP/1.1 302 Found\r\nLocation: /" + strings.Repeat("y", 1<<20) + "\r\nContent-Length: 5\r\n\r\nhello")},
	{"R06/100000 tags", says("HTTP/1.1 200 OK\r\nSurrogate-Key: " + strings.Repeat("tag ", 100_000) + "\r\nCache-Control: max-age=600\r\nContent-Length: 5\r\n\r\nhello")},
}

func TestBroken(t *testing.T) {
	t.Parallel()
	w := tricks(t, setup{}, broken)
	for i, k := range broken {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			mark := newMark()
			target := fmt.Sprintf("/%d/%s", i, mark)
			r := w.get(t, target)
			if r.status != 502 || len(r.interim) > 5 || strings.Contains(r.body, "hello") {
				t.Fatalf("answered %+v", r)
			}
			if r := w.victim(t, target); r.cached() {
				t.Errorf("the error was stored: %+v", r)
			}
			w.canary(t, 20)
		})
	}
}

const poison = "HTTP/1.1 200 OK\r\nX-Target: /poison\r\nCache-Control: max-age=600\r\nContent-Length: 6\r\n\r\npoison"

// RFC 9112 sections 6.3 and 9.3: what comes behind a response.
var queued = []trick{
	{"R03/second response", keeps(byLength + "hellohello" + poison)},
	{"R03/second response behind chunks", keeps(byChunks + "5\r\nhello\r\n0\r\n\r\n" + poison)},
	{"R03/byte behind", keeps(byLength + "hellohelloX")},
	{"R03/line end behind", keeps(byLength + "hellohello\r\n")},
	{"R03/204 with content", keeps("HTTP/1.1 204 No Content\r\nContent-Length: 10\r\n\r\n" + poison)},
	{"R03/204 in chunks", keeps("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + poison)},
	{"R03/204 and response", keeps("HTTP/1.1 204 No Content\r\n\r\n" + poison)},
	{"R03/304 with content", keeps("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\nhellohello" + poison)},
	{"R03/304 in chunks", keeps("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" + poison)},
	{"R03/hint and response", keeps("HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" + byLength + "hellohello" + poison)},
	{"R03/close, not closed", keeps("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello" + poison)},
	{"R03/1.0", keeps("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello" + poison)},
	{"R03/1.0 keep-alive", keeps("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello" + poison)},
	{"R03/early poison", keeps("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n" + poison)},
}

func TestQueued(t *testing.T) {
	t.Parallel()
	w := tricks(t, setup{}, queued)
	for i, k := range queued {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			t.Run(k.name+" "+method, func(t *testing.T) {
				t.Parallel()
				mark := newMark()
				target := fmt.Sprintf("/%d/%s", i, mark)
				r := w.ask(t, method, target, "Content-Length: 0\r\n")
				if strings.Contains(r.body, "poison") || r.token() != "" {
					t.Fatalf("answered %+v", r)
				}
				w.canary(t, 20)
				if r := w.get(t, target); strings.Contains(r.body, "poison") {
					t.Errorf("the victim got %+v", r)
				}
			})
		}
	}
}

// TestQueuedLate has a response come on a connection that is idle.
func TestQueuedLate(t *testing.T) {
	t.Parallel()
	for _, text := range []string{poison, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n", "x", "\r\n"} {
		t.Run(fmt.Sprintf("R03/%.20q", text), func(t *testing.T) {
			t.Parallel()
			answered, sent := make(chan struct{}), make(chan struct{})
			w := newWorld(t, setup{routes: []route{{prefix: "/late/", serve: func(a *answer, q *seen) {
				a.ok(q, "")
				<-answered
				a.raw(text)
				close(sent)
			}}}})
			w.victim(t, "/late/"+newMark())
			close(answered)
			<-sent
			w.canary(t, 20)
		})
	}
}

// TestTruncatedTLS has the connection below TLS end without a word, which an
// attacker on the way can bring about (RFC 9112 section 9.8).
func TestTruncatedTLS(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cut := firstThen(func(a *answer, q *seen) {
		a.raw(byClose + "hello")
		a.over = true
		a.conn.(*tls.Conn).NetConn().Close()
	})
	o := recordOn(t, tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}), route{prefix: "/cut/", serve: cut})
	w := newWorld(t, setup{loose: true, more: fmt.Sprintf(`
origin "tls" {
  server "https://%s" {}
  tls { insecure = true }
}
site "tls" {
  hosts  = ["tls.test"]
  origin = "tls"
}`, o.address)})
	for range 3 {
		mark := newMark()
		text := input("GET /cut/$ID HTTP/1.1\r\nHost: tls.test\r\nConnection: close\r\n\r\n", mark)
		tr := w.talk(t, text)
		if !tr.tellsCut() {
			t.Fatalf("R01: a response that was cut off comes as %s, %+v", tr, tr.whole)
		}
		if r := w.request(t, "GET", text); r.cached() || r.token() != "/cut/"+mark {
			t.Errorf("R01: the next request is answered %+v", r)
		}
	}
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, &x509.Certificate{}, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
