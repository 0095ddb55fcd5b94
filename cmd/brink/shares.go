package main

import (
	"log/slog"
	"sync"
	"time"

	"brink/conf"
	"brink/edge/engine"
	"brink/edge/http1"
	"brink/origin"
	"brink/store"
	"brink/store/disk"
)

// shares says how memory and file descriptors are divided among the parts of the process.
type shares struct {
	limit   int64 // of memory, in bytes; 0: not known
	memory  engine.Memory
	files   engine.Descriptors
	limits  *engine.Limits
	origins *origin.Descriptors

	quit  chan struct{}
	tuned sync.WaitGroup
}

// fewFiles is the number of open files below which the log warns.
const fewFiles = 4096

// startShares divides memory and file descriptors.
func (p *process) startShares(c *conf.Config) error {
	for _, w := range warnings(c) {
		p.log.Warn(w)
	}
	s := &p.shares
	s.limit = engine.MachineMemory()
	cache, err := engine.CacheMemory(&c.Store, s.limit)
	if err != nil {
		return err
	}
	if cache < int64(c.Store.Memory) {
		p.log.Info("store.memory is lowered from its default, to fit into the memory that the process may have",
			slog.String("from", c.Store.Memory.Rounded()), slog.String("to", conf.Size(cache).Rounded()), slog.String("limit", conf.Size(s.limit).Rounded()))
	}
	s.memory = engine.ShareMemory(cache, s.limit)
	wanted := 0
	for i := range c.Origins {
		wanted += c.Origins[i].MaxConnections
	}
	open := engine.OpenFiles()
	s.files = engine.ShareDescriptors(open, wanted, c.Store.Disk.Path != "")
	if open < fewFiles {
		p.log.Warn("the process may have few files open (LimitNOFILE in systemd, ulimit -n)",
			slog.Int("limit", open), slog.Int("clients", s.files.Clients), slog.Int("origins", s.files.Origins))
	}
	s.limits = engine.NewLimits(engine.Capacity{Connections: s.files.Clients, Waiting: s.memory.Waiting, All: s.memory.All})
	s.origins = origin.NewDescriptors(s.files.Origins)
	s.tune()
	s.quit = make(chan struct{})
	s.tuned.Go(s.keepTuned)
	return nil
}

// keepTuned adjusts the memory limit of the garbage collector once a second: the connections
// and the kernel take a varying part of the process's memory.
func (s *shares) keepTuned() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-tick.C:
			s.tune()
		}
	}
}

func (s *shares) tune() {
	held, connections := s.limits.Used()
	store.TuneGC(s.memory.Cache, store.ProcessMemory{
		Connections: max(held-s.memory.Waiting, 0), Unseen: engine.Unseen(), Kernel: engine.Kernel(connections), Limit: s.limit,
	})
}

func (s *shares) stop() error {
	if s.quit != nil {
		close(s.quit)
		s.tuned.Wait()
	}
	return nil
}

// gate returns the gate that admits the connections of a listener.
func (s *shares) gate(l *conf.Listen) *engine.Gate {
	return s.limits.Gate(engine.GateConfig{
		Connections: l.MaxConnections, PerClient: l.MaxConnectionsPerClient, Requests: l.MaxRequestsPerClient,
		Exempt: l.TrustedProxies, Cost: http1.Cost,
	})
}

// warnings lists limits of a valid conf that this machine cannot keep.
func warnings(c *conf.Config) (all []string) {
	if w := engine.MemoryWarning(&c.Store, engine.MachineMemory()); w != "" {
		all = append(all, w)
	}
	if c.Store.Disk.Path == "" {
		return all
	}
	if w := disk.SizeWarning(&c.Store.Disk); w != "" {
		all = append(all, w)
	}
	return all
}
