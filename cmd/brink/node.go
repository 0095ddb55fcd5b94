package main

import (
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"brink/conf"
	"brink/edge/admin"
	"brink/edge/engine"
	"brink/edge/listen"
	"brink/origin"
	"brink/purge"
	"brink/purge/bus"
	"brink/store"
	"brink/store/disk"
)

// startAdmin opens the admin listener, unless it is off.
func (p *process) startAdmin(c *conf.Config) error {
	if c.Admin.Address == "off" {
		return nil
	}
	ln, err := net.Listen("tcp", c.Admin.Address)
	if err != nil {
		return fmt.Errorf("open the admin listener: %w", err)
	}
	ln = listen.Steadfast(ln)
	collectors := []prometheus.Collector{
		p.meter.Collector(), p.access.Collector(), store.Collector(p.store), origin.Collector(p.node.Origins, p.node.ReadAhead()), purge.Collector(p.purges),
		&p.counts, &p.force, p.journal, engine.Collector(p.shares.limits),
	}
	if p.disk != nil {
		collectors = append(collectors, disk.Collector(p.disk))
	}
	if p.fleet != nil {
		collectors = append(collectors, bus.Collector(p.fleet))
	}
	parts := &admin.Parts{
		Edge: p.node, Store: p.store, Tier: p.disk, Fleet: p.fleet, Phase: p.phase, ReadAgain: p.reload, InForce: p.force.get,
	}
	p.admin = admin.New(admin.Options{
		Node: parts, Purges: parts, Admin: c.Admin, Version: version(), Log: p.log, Collectors: collectors,
	})
	p.serving.Go(func() {
		if err := p.admin.Serve(ln); err != nil {
			p.log.Error("the admin listener ended", slog.Any("error", err))
		}
	})
	return nil
}

// phase says whether the process starts, serves or drains.
func (p *process) phase() admin.Phase {
	switch {
	case p.ending.Load():
		return admin.Draining
	case !p.ready.Load():
		return admin.Starting
	}
	return admin.Serving
}
