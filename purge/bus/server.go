package bus

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Embedded is a server in this process: alone, or one of a hub.
type Embedded struct {
	Store   string   // directory
	Clients string   // host:port where nodes outside the hub connect; empty: there are none
	Address string   // host:port where the others of the hub connect; empty: there are none
	Peers   []string // their addresses
	TLS     *tls.Config
}

const (
	hubName     = "brink"
	startWithin = 10 * time.Second
	maxStore    = 4 << 30 // bytes on disk
	maxHeap     = 64 << 20
)

// startServer starts a server. An ack of its stream means that the message is
// synced.
func startServer(o *Options) (*server.Server, error) {
	e := o.Embedded
	so := &server.Options{
		ServerName: o.Node, NoSigs: true, NoLog: true, DontListen: e.Clients == "",
		JetStream: true, StoreDir: e.Store, JetStreamMaxStore: maxStore, JetStreamMaxMemory: maxHeap, SyncAlways: true,
		Authorization: o.Secret, MaxPayload: 1 << 20,
	}
	if e.TLS != nil {
		so.TLSConfig, so.TLS, so.TLSVerify, so.TLSTimeout = e.TLS, true, true, 2
	}
	if e.Clients != "" {
		if err := split(e.Clients, &so.Host, &so.Port); err != nil {
			return nil, err
		}
	}
	if e.Address != "" {
		if err := hub(so, o); err != nil {
			return nil, err
		}
	}
	if e.Address != "" && e.Clients == "" {
		// Routes are made only once there is a place for clients.
		so.DontListen, so.Host, so.Port = false, "127.0.0.1", server.RANDOM_PORT
	}
	s, err := server.NewServer(so)
	if err != nil {
		return nil, err
	}
	s.SetLoggerV2(serverLog{o.Report}, false, false, false)
	s.Start()
	if !s.ReadyForConnections(startWithin) {
		s.Shutdown()
		s.WaitForShutdown()
		return nil, errors.New("it takes no connections: is its address in use?")
	}
	return s, nil
}

// hub makes a server one of several.
func hub(so *server.Options, o *Options) error {
	e := o.Embedded
	so.Cluster = server.ClusterOpts{Name: hubName, NoAdvertise: true}
	if err := split(e.Address, &so.Cluster.Host, &so.Cluster.Port); err != nil {
		return err
	}
	if e.TLS != nil {
		so.Cluster.TLSConfig, so.Cluster.TLSTimeout = e.TLS, 2
	}
	var user *url.Userinfo
	if o.Secret != "" {
		so.Cluster.Username, so.Cluster.Password = hubName, o.Secret
		user = url.UserPassword(hubName, o.Secret)
	}
	for _, peer := range e.Peers {
		so.Routes = append(so.Routes, &url.URL{Scheme: "nats-route", Host: peer, User: user})
	}
	return nil
}

func split(address string, host *string, port *int) error {
	h, p, err := net.SplitHostPort(address)
	if err == nil {
		*port, err = strconv.Atoi(p)
	}
	if *host = h; h == "" {
		*host = "0.0.0.0"
	}
	return err
}

// serverLog passes on what the server has to complain of.
type serverLog struct{ report func(Event) }

func (l serverLog) complain(format string, v []any) {
	l.report(Event{Bad: true, Text: "the server of the fleet: " + fmt.Sprintf(format, v...)})
}

func (l serverLog) Noticef(string, ...any)         {}
func (l serverLog) Debugf(string, ...any)          {}
func (l serverLog) Tracef(string, ...any)          {}
func (l serverLog) Warnf(format string, v ...any)  { l.complain(format, v) }
func (l serverLog) Errorf(format string, v ...any) { l.complain(format, v) }
func (l serverLog) Fatalf(format string, v ...any) { l.complain(format, v) }
