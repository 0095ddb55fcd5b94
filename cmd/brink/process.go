package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"sync"

	"brink/conf"
	"brink/edge"
	"brink/edge/accesslog"
	"brink/edge/http1"
	"brink/edge/meter"
	"brink/purge"
	"brink/store"
)

// process is everything that runs, in the order of its start.
type process struct {
	load func() (*conf.Config, error) // reads the conf again

	log     *slog.Logger
	access  *accesslog.Log
	store   *store.Store
	meter   *meter.Meter
	node    *edge.Node
	engines []*http1.Engine
	listens []net.Listener
	serving sync.WaitGroup
}

// startProcess starts all that config describes. If a part does not start,
// those before it are stopped again.
func startProcess(config *conf.Config, load func() (*conf.Config, error)) (*process, error) {
	p := &process{load: load, log: newLogger(config.Log.Level)}
	for _, step := range []func(*conf.Config) error{p.startStore, p.startNode, p.startListeners} {
		if err := step(config); err != nil {
			return nil, errors.Join(err, p.stop())
		}
	}
	return p, nil
}

func newLogger(level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: l}))
}

func (p *process) startStore(c *conf.Config) error {
	store.TuneGC(int64(c.Store.Memory))
	access, err := accesslog.Open(c.Log, c.Node.ID)
	if err != nil {
		return err
	}
	p.access = access
	clock := edge.NewClock()
	purges := purge.NewLog(0)
	s, err := store.New(store.Options{
		Memory: int64(c.Store.Memory), MaxObject: int64(c.Store.MaxObject), MaxVariants: c.Store.MaxVariants,
		Seed: rand.Uint64(), Purges: purges, Now: clock.Now,
	})
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	p.store = s
	p.meter = meter.New(nil)
	p.node, err = edge.New(edge.Options{
		Config: c, Store: s, Purges: purges, Meter: p.meter, Access: access, Log: p.log, Now: clock.Now,
	})
	return err
}

func (p *process) startNode(c *conf.Config) error { return nil }

func (p *process) startListeners(c *conf.Config) error {
	for _, l := range c.Listens {
		ln, err := net.Listen("tcp", l.Address)
		if err != nil {
			return err
		}
		engine := http1.New(p.node, http1.Config{
			MaxHead: int(l.MaxHead), MaxTarget: int(l.MaxTarget), MaxFields: l.MaxFields, MaxBody: int64(l.MaxBody),
			HeadTimeout: l.HeadTimeout, IdleTimeout: l.IdleTimeout, BodyTimeout: l.BodyTimeout,
			MinRate: int64(l.MinRate), BodyGrace: l.BodyGrace, Now: edge.NewClock().Now,
		}, nil)
		p.engines = append(p.engines, engine)
		p.listens = append(p.listens, ln)
		p.serving.Add(1)
		go func() {
			defer p.serving.Done()
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				go engine.Serve(conn)
			}
		}()
	}
	return nil
}

// Reload implements admin.Node.
func (p *process) Reload() (string, error) {
	config, err := p.load()
	if err == nil {
		err = p.node.Apply(config)
	}
	if err != nil {
		p.log.Error("reload: the last conf stays in force", slog.Any("error", err))
		return "", err
	}
	p.log.Info("reloaded", slog.String("digest", config.Digest))
	return config.Digest, nil
}

// stop ends everything in the reverse order of its start.
func (p *process) stop() error {
	for _, l := range p.listens {
		l.Close()
	}
	for _, e := range p.engines {
		e.Close()
	}
	p.serving.Wait()
	if p.node != nil {
		p.node.Close()
	}
	if p.store != nil {
		p.store.Close()
	}
	if p.access != nil {
		return p.access.Close()
	}
	return nil
}
