package bus

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"brink/purge"
)

// authority signs certificates.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	a := &authority{t: t, key: newKey(t)}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	a.cert = about
	a.cert = a.sign(about, a.key)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(about *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, about, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert
}

// config is that of a node: for both ends of a connection.
func (a *authority) config(trusted *authority) *tls.Config {
	key := newKey(a.t)
	cert := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{{127, 0, 0, 1}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, key)
	pool := x509.NewCertPool()
	pool.AddCert(trusted.cert)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		RootCAs:      pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS13,
	}
}

// Who has no certificate of the fleet's authority gets no further, and routes of a
// hub are closed to all others, too.
func TestTLS(t *testing.T) {
	t.Parallel()
	ours, others := newAuthority(t), newAuthority(t)
	clients, addresses := freeAddress(t), []string{freeAddress(t), freeAddress(t), freeAddress(t)}
	hub := make([]*node, 3)
	done := make(chan int)
	for i := range hub {
		go func() {
			defer func() { done <- i }()
			hub[i] = start(t, nil, string(rune('a'+i)), "", func(o *Options) {
				o.Replicas, o.TLS = 3, ours.config(ours)
				o.Embedded = &Embedded{Store: t.TempDir(), Address: addresses[i], TLS: o.TLS}
				if i == 0 {
					o.Embedded.Clients = clients
				}
				for j, peer := range addresses {
					if j != i {
						o.Embedded.Peers = append(o.Embedded.Peers, peer)
					}
				}
			})
		}()
	}
	for range hub {
		<-done
	}
	edge := start(t, nil, "edge", "", func(o *Options) {
		o.Servers, o.TLS = []string{"nats://" + clients}, ours.config(ours)
	})
	seq := edge.publish("x")
	for _, n := range hub {
		n.applied(seq)
	}
	for what, config := range map[string]*tls.Config{"no TLS": nil, "another authority's": others.config(ours)} {
		b := New(Options{Node: "b", Log: purge.NewLog(names, 0), Servers: []string{"nats://" + clients}, TLS: config})
		err := b.Start(resolve, 300*time.Millisecond)
		if err == nil && b.NotReady() == "" {
			t.Errorf("%s: in sync", what)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}
