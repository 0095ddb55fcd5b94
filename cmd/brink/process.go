package main

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"brink/conf"
	"brink/edge"
	"brink/edge/accesslog"
	"brink/edge/admin"
	"brink/edge/engine"
	"brink/edge/http1"
	"brink/edge/listen"
	"brink/edge/meter"
	"brink/purge"
	"brink/purge/bus"
	"brink/store"
	"brink/store/disk"
)

// process is all running parts, in the order in which they start.
type process struct {
	load func() (*conf.Config, error) // reads the conf again

	journal *journal
	log     *slog.Logger // the journal's
	clock   *edge.Clock
	seed    uint64 // of the hashes of keys and of purged names
	purges  *purge.Log
	disk    *disk.Tier // nil: none
	store   *store.Store
	fleet   *bus.Bus // nil: the node is alone
	access  *accesslog.Log
	meter   *meter.Meter
	node    *edge.Node
	admin   *admin.Server
	engines []engine.Engine
	listens []*listen.Listener
	serving sync.WaitGroup // the goroutines that accept connections, also of the admin listener
	ready   atomic.Bool    // all parts have started
	ending  atomic.Bool    // stop has begun
	cutting sync.Once      // for cut

	reloads sync.Mutex // one reload at a time, so that the conf that was read last is in force
	counts  reloadCounts
	force   inForce

	shares shares
}

// startProcess starts all parts for config, with j as their log. If a part does not start, the
// parts before it are stopped again.
func startProcess(config *conf.Config, load func() (*conf.Config, error), j *journal) (*process, error) {
	p := &process{load: load, journal: j, log: j.log, clock: edge.NewClock(), seed: rand.Uint64()}
	p.counts.started(time.Now())
	p.force.set(config)
	for _, start := range []func(*conf.Config) error{p.startShares, p.startDisk, p.startPurges, p.startStore, p.startNode, p.startAdmin, p.startFleet, p.startListeners} {
		if err := start(config); err != nil {
			return nil, errors.Join(err, p.stop())
		}
	}
	p.ready.Store(true)
	return p, nil
}

// startDisk opens the disk tier, if the conf has one.
func (p *process) startDisk(c *conf.Config) (err error) {
	if c.Store.Disk.Path == "" {
		return nil
	}
	p.disk, err = disk.Open(disk.Options{
		Path: c.Store.Disk.Path, Size: int64(c.Store.Disk.Size), Memory: p.shares.memory.Disk, Files: p.shares.files.Disk, Now: p.clock.Now, Report: p.diskTurned,
	})
	if err != nil {
		return fmt.Errorf("open the disk tier: %w", err)
	}
	p.seed = p.disk.Seed()
	return nil
}

// startPurges opens the purge log. If there is a disk tier, the log is on disk, too, as objects
// on disk outlive the process: purges of earlier processes are put in force again. Without a
// disk tier the log is in memory.
func (p *process) startPurges(c *conf.Config) error {
	limit := purge.Fit(p.shares.memory.Rules)
	if p.disk == nil {
		p.purges = purge.NewLog(purge.Names(p.seed), limit)
		return nil
	}
	var lost error
	p.purges, lost = purge.Open(filepath.Join(c.Store.Disk.Path, "purges"), purge.Names(p.seed), limit, p.disk.Stamp())
	if lost != nil {
		p.log.Error("what was stored before is validated before it is used", slog.Any("error", lost))
	}
	return nil
}

// diskTurned logs a change of the disk tier's state. If the tier fails, the node serves
// without it.
func (p *process) diskTurned(state disk.State, err error) {
	if state == disk.Serving {
		p.log.Info("disk tier in service")
		return
	}
	p.log.Error("disk tier "+state.String()+", tried again until it is in service", slog.Any("error", err))
}

func (p *process) startStore(c *conf.Config) (err error) {
	o := store.Options{
		Memory: p.shares.memory.Cache, MaxObject: int64(c.Store.MaxObject), MaxVariants: c.Store.MaxVariants,
		Seed: p.seed, Purges: p.purges, Now: p.clock.Now,
	}
	if p.disk != nil {
		o.Disk = p.disk
		o.Memory -= p.shares.memory.Disk
	}
	p.store, err = store.New(o)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	return nil
}

func (p *process) startNode(c *conf.Config) (err error) {
	if p.access, err = accesslog.Open(c.Log, c.Node.ID); err != nil {
		return err
	}
	p.meter = meter.New(nil, engine.Faults()...)
	o := edge.Options{
		Config: c, Store: p.store, Purges: p.purges, Meter: p.meter, Access: p.access, Log: p.log, Now: p.clock.Now,
		Descriptors: p.shares.origins,
	}
	if c.Fleet != nil {
		if p.fleet, err = p.newFleet(c); err != nil {
			return err
		}
		o.Fleet = p.fleet
	}
	p.node, err = edge.New(o)
	return err
}

func (p *process) startListeners(c *conf.Config) error {
	for _, l := range c.Listens {
		server := http1.New(p.node, engine.ConfigOf(&l, p.clock.Now), p.node)
		p.engines = append(p.engines, server)
		ln, err := listen.Open(l, p.shares.gate(&l), listen.Handler{
			Serve: func(conn *engine.Conn, a *engine.Account) {
				p.meter.Accepted()
				defer p.meter.Closed()
				server.Serve(conn, a)
			},
			Drain: server.Drain,
			Cut:   p.cut,
		})
		if err != nil {
			return err
		}
		p.listens = append(p.listens, ln)
		p.serving.Go(ln.Serve)
		p.log.Info("listening", slog.String("name", l.Name), slog.String("address", ln.Addr().String()))
	}
	return nil
}
