package origin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"brink/conf"
)

// sessions is how many TLS sessions of a server are kept for resumption.
const sessions = 64

// tlsConfig says how a server is verified: by the name configured, or else by
// its own host. The Host field of requests has no part in it: it is the
// client's choice, and a connection serves many of them.
func tlsConfig(t conf.TLS, host string) (*tls.Config, error) {
	c := &tls.Config{
		ServerName:         t.ServerName,
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{"http/1.1"},
		InsecureSkipVerify: t.Insecure,
		ClientSessionCache: tls.NewLRUClientSessionCache(sessions),
	}
	if c.ServerName == "" {
		c.ServerName = strings.TrimSuffix(host, ".")
	}
	if len(t.CA) > 0 {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, fmt.Errorf("read %s: no certificate in it", t.CAFile)
		}
	}
	return c, nil
}

// handshake puts TLS on c.
func (d *dialer) handshake(ctx context.Context, c *conn) *Error {
	limited, cancel := context.WithTimeout(ctx, d.secure)
	defer cancel()
	c.tls = tls.Client(c.raw, d.tls)
	c.net = c.tls
	err := c.tls.HandshakeContext(limited)
	if err == nil {
		return nil
	}
	return &Error{Kind: handshakeKind(ctx, limited, err), Err: fmt.Errorf("TLS handshake: %w", err)}
}

func handshakeKind(ctx, limited context.Context, err error) Kind {
	var certificate *tls.CertificateVerificationError
	var remote *net.OpError
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return Cancelled
	case limited.Err() != nil, timedOut(err):
		return ConnectionTimeout
	case errors.As(err, &certificate):
		return TLSCertificate
	case errors.As(err, &remote) && remote.Op == "remote error":
		return TLSAlert
	}
	return TLSProtocol
}
