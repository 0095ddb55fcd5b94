package http1

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
)

// selfSigned makes a certificate for tests.
var selfSigned = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"h"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// startTLS is start behind TLS, with the connections of crypto/tls.
func startTLS(t testing.TB, f *fake, c engine.Config) *server {
	t.Helper()
	config := &tls.Config{Certificates: []tls.Certificate{selfSigned()}}
	return startOver(t, f, c, func(nc net.Conn) (net.Conn, error) {
		secure := tls.Server(nc, config)
		return secure, secure.Handshake()
	})
}

// dialTLS connects. Everything on the connection must happen within seconds.
func (s *server) dialTLS() *tls.Conn {
	s.t.Helper()
	nc := tls.Client(s.dial(), &tls.Config{InsecureSkipVerify: true})
	if err := nc.Handshake(); err != nil {
		s.t.Fatal(err)
	}
	return nc
}

// tcpOf returns the connection below TLS.
func tcpOf(nc *tls.Conn) *net.TCPConn { return nc.NetConn().(*net.TCPConn) }

// Requests over TLS are those of https, and large replies and requests arrive whole.
func TestTLS(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<18)
	s := startTLS(t, &fake{serve: func(x *message.Exchange) {
		switch string(x.Request.URL.Path) {
		case "/large":
			give(x, 200, large)
		case "/stream":
			x.Reply.Head, x.Reply.Length = head(200), -1
			x.Reply.Stream = &pieces{list: []string{large[:100_000], large[100_000:]}}
		case "/post":
			b, err := io.ReadAll(x.Request.Body)
			give(x, 200, fmt.Sprint(string(b) == large, err))
		default:
			give(x, 200, x.Request.URL.Scheme)
		}
	}}, engine.Config{})
	nc := s.dialTLS()
	for range 2 {
		io.WriteString(nc, "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /large HTTP/1.1\r\nHost: h\r\n\r\n")
		expect(t, nc, ok("https")+ok(large))
		fmt.Fprintf(nc, "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(large), large)
		expect(t, nc, ok("true <nil>"))
	}
	io.WriteString(nc, "GET /stream HTTP/1.0\r\nHost: h\r\n\r\n")
	expect(t, nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+large)
	if n, err := nc.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("a whole reply ends with %d bytes, %v", n, err)
	}
}

// A client that leaves is noticed below TLS, as it is without.
func TestTLSClientLeaves(t *testing.T) {
	for name, c := range map[string]struct {
		leave func(nc *tls.Conn)
		left  bool
	}{
		"stays":                   {func(*tls.Conn) {}, false},
		"closes":                  {func(nc *tls.Conn) { nc.Close() }, true},
		"closes without a word":   {func(nc *tls.Conn) { nc.NetConn().Close() }, true},
		"resets":                  {func(nc *tls.Conn) { tcpOf(nc).SetLinger(0); nc.NetConn().Close() }, true},
		"ends its sending":        {func(nc *tls.Conn) { nc.CloseWrite() }, false},
		"ends its sending, TCP's": {func(nc *tls.Conn) { nc.CloseWrite(); tcpOf(nc).CloseWrite() }, false},
	} {
		for _, where := range []string{"before the head", "in content"} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				asked, left, on := make(chan struct{}), make(chan bool, 1), make(chan string)
				s := startTLS(t, &fake{serve: func(x *message.Exchange) {
					gone := watchOf(x)
					close(asked)
					if where == "in content" {
						x.Reply.Head, x.Reply.Length = head(200), -1
						x.Reply.Stream = &silent{left: gone, on: on, got: left}
						return
					}
					select {
					case <-gone:
						left <- true
					case <-on:
						left <- false
					}
					give(x, 200, "late")
				}}, engine.Config{})
				nc := s.dialTLS()
				io.WriteString(nc, asks)
				<-asked
				want := ok("late")
				if where == "in content" {
					expect(t, nc, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
					want = "0\r\n\r\n"
					if strings.HasSuffix(name, "TCP's") {
						want = "00\r\n\r\n" // a zero was sent ahead
					}
				}
				c.leave(nc)
				select {
				case got := <-left:
					if !got || !c.left {
						t.Fatalf("left is %v", got)
					}
					return
				case <-time.After(1500 * time.Millisecond):
				}
				if c.left {
					t.Error("not noticed")
				}
				close(on)
				if <-left {
					t.Error("noticed too late")
				}
				if c.left {
					return
				}
				expect(t, nc, want)
			})
		}
	}
}

// beginTLS begins a reply that only the end of the connection ends, and receives its first
// piece. What is sent to next says how the reply goes on: see script.
func beginTLS(t *testing.T) (s *server, nc *tls.Conn, next chan string) {
	t.Helper()
	next = make(chan string)
	s = startTLS(t, &fake{serve: func(x *message.Exchange) {
		x.Reply.Head, x.Reply.Length = head(200), -1
		x.Reply.Stream = &script{next: next, left: watchOf(x)}
	}}, engine.Config{})
	nc = s.dialTLS()
	io.WriteString(nc, asksOld)
	next <- "begun"
	expect(t, nc, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbegun")
	return s, nc, next
}

// A reply that is cut off must not look whole: the connection ends with a reset, without
// TLS's close_notify (RFC 9112 section 9.8).
func TestTLSCutOff(t *testing.T) {
	for name, step := range map[string]string{"by the origin": "!", "by a panic": "?"} {
		t.Run(name, func(t *testing.T) {
			_, nc, next := beginTLS(t)
			next <- step
			got, err := io.ReadAll(nc)
			if len(got) != 0 || !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %q, %v, want a reset", got, err)
			}
		})
	}
}

// A connection that the engine cuts off gets no close_notify either.
func TestTLSCloseCutsOff(t *testing.T) {
	s, nc, next := beginTLS(t)
	time.AfterFunc(500*time.Millisecond, func() { close(next) })
	s.Close()
	if got, err := io.ReadAll(nc); len(got) != 0 || err == nil {
		t.Errorf("got %q, %v, want an error", got, err)
	}
}

// Idle connections and slow heads are swept, and end with TLS's close_notify.
func TestTLSSweep(t *testing.T) {
	s := startTLS(t, new(fake), engine.Config{IdleTimeout: 150 * time.Millisecond, HeadTimeout: 100 * time.Millisecond})
	nc := s.dialTLS()
	if got, err := io.ReadAll(nc); len(got) != 0 || err != nil {
		t.Errorf("idle: got %q, %v", got, err)
	}
	nc = s.dialTLS()
	io.WriteString(nc, "GET / HTT")
	if got, err := io.ReadAll(nc); status(string(got)) != 408 || err != nil {
		t.Errorf("slow head: got %q, %v", got, err)
	}
}

func TestTLSDrain(t *testing.T) {
	testDrain(t, startTLS, func(s *server) net.Conn { return s.dialTLS() })
}

// A client that reads slowly, but reads, gets all of a reply, although one write of it lasts
// longer than BodyTimeout. One that reads nothing is cut off with a reset.
func TestTLSSlowClient(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<19)
	s := startTLS(t, &fake{serve: func(x *message.Exchange) { give(x, 200, large) }}, engine.Config{BodyTimeout: 300 * time.Millisecond})
	slow, stuck := s.dialTLS(), s.dialTLS()
	io.WriteString(slow, asks)
	io.WriteString(stuck, asks)
	want := ok(large)
	for got := 0; got < len(want); {
		b := make([]byte, 256<<10)
		n, err := io.ReadFull(slow, b[:min(len(b), len(want)-got)])
		if string(b[:n]) != want[got:got+n] || err != nil {
			t.Fatalf("after %d bytes: %d more, %v", got, n, err)
		}
		got += n
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := io.ReadAll(stuck); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client that read nothing: %v", err)
	}
}

// A client that reads, but more slowly than MinRate, is cut off although the write that it
// delays is not over.
func TestTLSTooSlowClient(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 1<<20)
	s := startTLS(t, &fake{serve: func(x *message.Exchange) { give(x, 200, large) }},
		engine.Config{BodyTimeout: 300 * time.Millisecond, BodyGrace: 300 * time.Millisecond, MinRate: 1 << 20})
	// With a small window the client can acknowledge a few bytes at a time.
	small := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) })
	}}
	plain, err := small.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	nc := tls.Client(plain, &tls.Config{InsecureSkipVerify: true})
	io.WriteString(nc, asks)
	began := time.Now()
	for b := make([]byte, 1<<10); ; time.Sleep(50 * time.Millisecond) {
		if _, err := plain.Read(b); err != nil {
			if !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v, want a reset", err)
			}
			return
		}
		if time.Since(began) > 3*time.Second {
			t.Fatal("not cut off")
		}
	}
}
