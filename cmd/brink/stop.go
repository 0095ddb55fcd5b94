package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"brink/conf"
)

const (
	// endTime is how long the parts may take to end after drain_timeout. Until then
	// work that was cut off ends, and the disk tier and the logs are written.
	endTime = 1500 * time.Millisecond
	// stepTime is the part of endTime that is kept free for each part that ends later.
	stepTime = 150 * time.Millisecond
	// adminTime is how long requests to the admin listener may take after the replies
	// to clients have ended.
	adminTime = 500 * time.Millisecond
)

// stop ends everything, in about the reverse order of its start:
//
//	drain_grace      /readyz says no, answers say "Connection: close", connections are accepted
//	drain_timeout    listeners are closed, work under way goes on; then it is cut off
//	endTime          the parts end, the disk tier and the logs are written
//
// A part that does not end in time is not waited for, and the error names it.
func (p *process) stop() error {
	node := conf.Default().Node
	if p.node != nil {
		node = p.node.Config().Node
	}
	by := time.Now().Add(node.DrainTimeout)
	p.ending.Store(true)
	if p.ready.Load() {
		p.log.Info("draining", slog.Duration("grace", node.DrainGrace), slog.Duration("timeout", node.DrainTimeout))
		p.retire(node.DrainGrace)
	}
	parts := append([]part{{"the connections", p.drain(by)}}, p.parts()...)
	return endAll(parts, by.Add(endTime))
}

// retire tells load balancers that the node will stop, while it still accepts connections for
// the time of grace.
func (p *process) retire(grace time.Duration) {
	for _, e := range p.engines {
		e.Retire()
	}
	time.Sleep(grace)
}

// drain returns a function that closes the listeners and waits for the replies under way. At
// the time by it cuts them off.
func (p *process) drain(by time.Time) func() error {
	return func() error {
		var listens sync.WaitGroup
		for _, l := range p.listens {
			listens.Go(func() { l.Drain(time.Until(by)) })
		}
		listens.Wait()
		if p.node != nil {
			p.node.Abort()
		}
		for _, e := range p.engines {
			e.Close()
		}
		return nil
	}
}

// cut logs how much is cut off, and ends all work that waits for an origin. Only the first call
// has an effect.
func (p *process) cut() {
	p.cutting.Do(func() {
		open := 0
		for _, l := range p.listens {
			open += l.Counts().Open
		}
		p.log.Warn("cut off what was under way", slog.Int("connections", open), slog.Int64("fetches", p.store.Stats().Fills))
		p.node.Abort()
	})
}

// part is a part of the process that stop ends.
type part struct {
	name string
	end  func() error
}

// parts returns the parts that end after the connections.
func (p *process) parts() []part {
	all := []part{{"the admin listener", p.stopAdmin}, {"the reload", p.awaitReload}}
	add := func(exists bool, name string, end func() error) {
		if exists {
			all = append(all, part{name, end})
		}
	}
	add(p.node != nil, "the fetches", func() error { p.node.Close(); return nil })
	add(p.fleet != nil, "the fleet", func() error { return p.fleet.Close() })
	add(p.access != nil, "the access log", func() error { return p.access.Close() })
	add(p.store != nil, "the store", func() error { p.store.Close(); return nil })
	add(p.disk != nil, "the disk tier", func() error { return p.disk.Close() })
	add(true, "the shares", p.shares.stop)
	add(p.purges != nil, "the purges", func() error { return p.purges.Close() })
	return all
}

func (p *process) stopAdmin() error {
	if p.admin != nil {
		ctx, cancel := context.WithTimeout(context.Background(), adminTime)
		defer cancel()
		switch err := p.admin.Shutdown(ctx); {
		case errors.Is(err, context.DeadlineExceeded):
			p.log.Warn("cut off requests to the admin listener")
		case err != nil:
			return err
		}
	}
	p.serving.Wait()
	return nil
}

// awaitReload waits for a reload that is under way. No other reload begins, as p.ending is set.
func (p *process) awaitReload() error {
	p.reloads.Lock()
	defer p.reloads.Unlock()
	return nil
}

// endAll ends the parts in their order, all of them by the time by. It stops waiting for a part
// that is late, so that the others still end.
func endAll(parts []part, by time.Time) error {
	var errs []error
	for i, p := range parts {
		reserve := time.Duration(len(parts)-1-i) * stepTime
		if err := p.endBy(by.Add(-reserve)); err != nil {
			errs = append(errs, fmt.Errorf("end %s: %w", p.name, err))
		}
	}
	return errors.Join(errs...)
}

// errNotInTime is the error of a part that was not waited for.
var errNotInTime = errors.New("it did not end in time")

func (p part) endBy(by time.Time) error {
	ended := make(chan error, 1)
	go func() { ended <- p.end() }()
	late := time.NewTimer(max(time.Until(by), stepTime/2))
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-late.C:
		return errNotInTime
	}
}
