package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"

	"brink/conf"
	"brink/edge"
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
	p.admin = admin.New(admin.Options{
		Node: adminNode{p}, Purges: adminNode{p}, Admin: c.Admin, Version: version(), Log: p.log, Collectors: collectors,
	})
	p.serving.Go(func() {
		if err := p.admin.Serve(ln); err != nil {
			p.log.Error("the admin listener ended", slog.Any("error", err))
		}
	})
	return nil
}

// adminNode is the process as the admin listener asks it.
type adminNode struct{ p *process }

func (a adminNode) Ready() (bool, []string) {
	switch {
	case a.p.ending.Load():
		return false, []string{errEnding.Error()}
	case !a.p.ready.Load():
		return false, append([]string{"the node is starting"}, a.p.fleetReasons()...)
	}
	reasons := a.p.fleetReasons()
	return reasons == nil, reasons
}

func (a adminNode) Reload(context.Context) (string, error) { return a.p.reload() }

func (a adminNode) Conf() admin.Conf { return a.p.force.get() }

func (a adminNode) Explain(ctx context.Context, q admin.Query) (any, error) {
	return a.p.node.Explain(ctx, question(q))
}

func (a adminNode) Object(q admin.Query) (any, bool) { return a.p.node.Object(question(q)) }
func (a adminNode) Fills() any                       { return a.p.node.Fills() }
func (a adminNode) Stats() any                       { return a.p.node.Stats() }

func (a adminNode) PurgedSite(item purge.Item) (string, error) { return a.p.node.PurgedSite(item) }

// tiers is the answer to /debug/disk.
type tiers struct {
	Memory map[string]int64 `json:"memory"` // figures, as in the metrics
	Disk   disk.Status      `json:"disk"`
}

func (a adminNode) Disk() (any, bool) {
	if a.p.disk == nil {
		return nil, false
	}
	stats := a.p.store.Stats()
	return tiers{Memory: stats.Figures(), Disk: a.p.disk.Status()}, true
}

func question(q admin.Query) edge.Question {
	fields := make([]edge.Line, len(q.Fields))
	for i, f := range q.Fields {
		fields[i] = edge.Line(f)
	}
	return edge.Question{URL: q.URL, Method: q.Method, Fields: fields, Ask: q.Ask}
}
