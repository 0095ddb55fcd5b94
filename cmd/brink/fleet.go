package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"brink/conf"
	"brink/purge/bus"
)

// fleetPatience is how long the start waits until the node has caught up with its fleet. After
// that it serves, and validates stored responses until it has caught up.
const fleetPatience = 15 * time.Second

// newFleet makes the node's connection to its fleet. startFleet opens it.
func (p *process) newFleet(c *conf.Config) (*bus.Bus, error) {
	f := c.Fleet
	o := bus.Options{
		Node: c.Node.ID, Log: p.purges, Report: p.fleetSays,
		Servers: f.NATS, CredentialsFile: f.CredentialsFile, Secret: f.Secret,
		Replicas: f.Replicas, Keep: f.Keep, MaxIsolation: f.MaxIsolation, Revalidate: f.Isolated == "revalidate",
	}
	client, server, err := fleetTLS(&f.TLS)
	if err != nil {
		return nil, err
	}
	o.TLS = client
	if e := f.Embedded; e.Store != "" {
		o.Embedded = &bus.Embedded{Store: e.Store, Clients: e.Clients, Address: e.Address, Peers: e.Peers, TLS: server}
	}
	return bus.New(o), nil
}

// fleetTLS returns the TLS settings for connections of clients to servers of the fleet, and
// for those between servers, both ends. Both are nil without TLS.
func fleetTLS(t *conf.FleetTLS) (client, server *tls.Config, err error) {
	if t.CAFile == "" {
		return nil, nil, nil
	}
	own, err := tls.X509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("certificate of the fleet: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(t.CA) {
		return nil, nil, errors.New("the authorities of the fleet: there is no certificate")
	}
	all := tls.Config{Certificates: []tls.Certificate{own}, RootCAs: pool, MinVersion: tls.VersionTLS13}
	server = all.Clone()
	server.ClientCAs, server.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return &all, server, nil
}

// startFleet connects to the fleet, and waits until the purges that the node has missed are in
// force, at most for fleetPatience.
func (p *process) startFleet(*conf.Config) error {
	if p.fleet == nil {
		return nil
	}
	began := time.Now()
	if err := p.fleet.Start(p.node.PurgeRules, fleetPatience); err != nil {
		return err
	}
	if s := p.fleet.State(); s.InSync {
		p.log.Info("in sync with the fleet", slog.Uint64("purge", uint64(s.Applied)), slog.Duration("took", time.Since(began)))
	}
	return nil
}

// fleetSays logs an event of the fleet.
func (p *process) fleetSays(e bus.Event) {
	level, attributes := slog.LevelInfo, []slog.Attr(nil)
	if e.Bad {
		level = slog.LevelWarn
	}
	if e.Err != nil {
		attributes = append(attributes, slog.Any("error", e.Err))
	}
	p.log.LogAttrs(context.Background(), level, e.Text, attributes...)
}
