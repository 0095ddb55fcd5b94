package origin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"brink/conf"
)

// certificate makes a self-signed certificate for names and addresses, and its
// PEM.
func certificate(t *testing.T, until time.Time, names ...string) (tls.Certificate, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// serveTLS is serve over TLS.
func serveTLS(t *testing.T, server *tls.Config, ca []byte, scripts ...[]step) (*conf.Origin, *record) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config, seen := serveOn(t, tls.NewListener(l, server), scripts...)
	config.Servers[0].Scheme = "https"
	config.TLS.CA = ca
	return config, seen
}

func TestTLS(t *testing.T) {
	address, addressCA := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	name, nameCA := certificate(t, time.Now().Add(time.Hour), "app.test")
	expired, expiredCA := certificate(t, time.Now().Add(-time.Hour), "127.0.0.1")
	const none = KindCount
	for _, c := range []struct {
		what   string
		server *tls.Config
		client conf.TLS
		want   Kind
	}{
		{"address", &tls.Config{Certificates: []tls.Certificate{address}}, conf.TLS{CA: addressCA}, none},
		{"TLS 1.2", &tls.Config{Certificates: []tls.Certificate{address}, MaxVersion: tls.VersionTLS12}, conf.TLS{CA: addressCA}, none},
		{"server_name", &tls.Config{Certificates: []tls.Certificate{name}}, conf.TLS{CA: nameCA, ServerName: "app.test"}, none},
		{"insecure", &tls.Config{Certificates: []tls.Certificate{expired}}, conf.TLS{Insecure: true}, none},
		{"other name", &tls.Config{Certificates: []tls.Certificate{name}}, conf.TLS{CA: nameCA}, TLSCertificate},
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{address}}, conf.TLS{CA: nameCA}, TLSCertificate},
		{"system's authorities", &tls.Config{Certificates: []tls.Certificate{address}}, conf.TLS{}, TLSCertificate},
		{"expired", &tls.Config{Certificates: []tls.Certificate{expired}}, conf.TLS{CA: expiredCA}, TLSCertificate},
		{"too old", &tls.Config{Certificates: []tls.Certificate{address}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			conf.TLS{CA: addressCA}, TLSAlert},
		{"no HTTP", &tls.Config{Certificates: []tls.Certificate{address}, NextProtos: []string{"imap"}}, conf.TLS{CA: addressCA}, TLSAlert},
	} {
		config, seen := serveTLS(t, c.server, nil, script(forever(request, say(hello))))
		config.TLS = c.client
		o := start(t, config)
		for range 3 {
			got, err := fetch(o, get())
			if c.want == none {
				if got != "hello" || err != nil {
					t.Errorf("%s: %q, %v", c.what, got, err)
				}
				continue
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.want {
				t.Errorf("%s: %v, want %s", c.what, err, c.want)
			}
		}
		if s := o.Stats().Servers[0]; c.want == none && seen.conns.Load() != 1 || s.Open != s.Idle {
			t.Errorf("%s: %d connections, %+v", c.what, seen.conns.Load(), s)
		}
		o.Close()
	}
}

func TestNotTLS(t *testing.T) {
	config, _ := serve(t, script(say("HTTP/1.1 400 Bad Request\r\n\r\n"), rest), script())
	config.Servers[0].Scheme = "https"
	o := start(t, config)
	for range 2 {
		_, err := fetch(o, get())
		wantKind(t, err, TLSProtocol)
	}
}

func TestBadCA(t *testing.T) {
	config := configure("127.0.0.1:1")
	config.Servers[0].Scheme, config.TLS.CA = "https", []byte("nothing")
	if _, err := New(config); err == nil {
		t.Error("no error")
	}
}

// RFC 9112 section 9.8: where the connection's end ends the content, it must
// have been announced under the protection of TLS.
func TestCloseNotify(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	cut := func(p *peer) { p.conn.(*tls.Conn).NetConn().Close() }
	const byClose = "HTTP/1.1 200 OK\r\n\r\nhello"
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, c := range []struct {
			what, response string
			end            []step
			whole          bool
		}{
			{"close, announced", byClose, nil, true},
			{"close, cut", byClose, script(cut), false},
			{"length, cut", hello, script(cut), true},
			{"length, short", hello[:len(hello)-1], nil, false},
			{"chunked, cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", script(cut), false},
		} {
			config, _ := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version}, ca,
				append(script(request, say(c.response)), c.end...))
			got, err := fetch(start(t, config), get())
			if (err == nil) != c.whole || c.whole && got != "hello" {
				t.Errorf("%x, %s: %q, %v", version, c.what, got, err)
			}
			if err != nil && !errors.Is(err, ErrIncomplete) {
				t.Errorf("%x, %s: %v", version, c.what, err)
			}
		}
	}
}

// ATTACKS.md R03 over TLS: a second response in the same flight, already read
// from the socket but not yet decrypted, is seen.
func TestUnsolicitedTLS(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	together := func(p *peer) {
		below := p.conn.(*tls.Conn).NetConn().(*gathering)
		below.begin()
		say(hello)(p)
		say("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")(p)
		below.flush()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l = tls.NewListener(gatheringListener{l}, &tls.Config{Certificates: []tls.Certificate{cert}})
	config, seen := serveOn(t, l, script(request, together, rest), script(forever(request, say(hello))))
	config.Servers[0].Scheme, config.TLS.CA = "https", ca
	o := start(t, config)
	wantFetch(t, o, 5, "hello")
	if n := seen.conns.Load(); n != 5 {
		t.Errorf("%d connections, want 5", n)
	}
	if n := o.Stats().Servers[0].Unsolicited; n != 1 {
		t.Errorf("%d unsolicited", n)
	}
}

type gatheringListener struct{ net.Listener }

func (l gatheringListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &gathering{Conn: c}, err
}

// gathering is a connection that can send what is written in one piece.
type gathering struct {
	net.Conn
	held []byte
	on   bool
}

func (g *gathering) begin() { g.on = true }

func (g *gathering) flush() {
	g.on = false
	g.Conn.Write(g.held)
}

func (g *gathering) Write(p []byte) (int, error) {
	if !g.on {
		return g.Conn.Write(p)
	}
	g.held = append(g.held, p...)
	return len(p), nil
}

func TestTunnelTLS(t *testing.T) {
	cert, ca := certificate(t, time.Now().Add(time.Hour), "127.0.0.1")
	config, _ := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}}, ca,
		script(request, say("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi"), rest))
	r := get()
	r.Upgrade = []byte("x")
	x, err := start(t, config).Fetch(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	tunnel := x.Tunnel()
	defer tunnel.Close()
	if err := tunnel.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
	b := make([]byte, 10)
	if n, err := tunnel.Read(b); string(b[:n]) != "hi" || err != nil {
		t.Errorf("%q, %v", b[:n], err)
	}
}
