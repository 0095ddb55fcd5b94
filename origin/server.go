package origin

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"brink/conf"
	"brink/origin/health"
)

// server is one configured server and the connections to it. Origin.mu guards mu.
type server struct {
	name     string // scheme://host:port, a metric label
	host     []byte // the Host field where nobody gives one
	protocol protocol
	dialer   dialer
	keep     int
	idle     time.Duration

	mu struct { // guarded by Origin.mu, not by a lock of its own
		idle     []*conn // newest last
		pinned   []*conn // idle, each for the next request with its Pin; oldest first
		credit   int     // see roundRobin
		open     int     // connections, those being made included
		dials    uint64
		reuses   uint64
		retries  uint64
		failures [KindCount]uint64

		failovers uint64
		health    health.State
	}
	failing  atomic.Bool  // health says so; written under Origin.mu
	answered atomic.Int64 // when the try of the last answered request began
	weight   int
}

func newServer(c *conf.Origin, s *conf.Server, find lookup) (*server, error) {
	p, err := newEndpoint(s.Host, s.Port, find, c.AllowPrivate)
	if err != nil {
		return nil, err
	}
	var secure *tls.Config
	if s.Scheme == "https" {
		if secure, err = tlsConfig(c.TLS, s.Host); err != nil {
			return nil, err
		}
	}
	address := net.JoinHostPort(s.Host, s.Port)
	return &server{
		name:   fmt.Sprintf("%s://%s", s.Scheme, address),
		host:   hostField(s),
		dialer: dialer{endpoint: p, tls: secure, connect: c.ConnectTimeout, secure: c.TLSTimeout},
		keep:   c.KeepAlive,
		idle:   c.IdleTimeout,
		weight: max(s.Weight, 1),
	}, nil
}

// hostField is the Host field for requests to s, without the scheme's own port
// (RFC 9110 section 7.2).
func hostField(s *conf.Server) []byte {
	address := net.JoinHostPort(s.Host, s.Port)
	if s.Scheme == "http" && s.Port == "80" || s.Scheme == "https" && s.Port == "443" {
		address = address[:len(address)-len(s.Port)-1]
	}
	return []byte(address)
}

// lastAnswered is when the try of the last answered request began.
func (s *server) lastAnswered() time.Duration { return time.Duration(s.answered.Load()) }
