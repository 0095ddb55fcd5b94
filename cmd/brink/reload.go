package main

import (
	"log/slog"
	"sync"
	"time"

	"brink/conf"
	"brink/edge"
	"brink/edge/accesslog"
	"brink/edge/admin"
)

// inForce holds the conf that requests are answered by. A reader waits while a reload
// replaces it. So if two reads return the same conf, all requests between them were
// answered by it.
type inForce struct {
	mu sync.RWMutex

	conf admin.Conf
}

func (f *inForce) set(c *conf.Config) { f.conf = admin.Conf{Digest: c.Digest, Files: c.Files} }

func (f *inForce) get() admin.Conf {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.conf
}

// reload reads the conf again and puts it in force. On an error the old one stays in
// force. It returns the digest of the conf in force afterwards.
func (p *process) reload() (digest string, err error) {
	p.reloads.Lock()
	defer p.reloads.Unlock()
	if p.ending.Load() {
		return p.force.get().Digest, admin.ErrDraining
	}
	began := time.Now()
	defer func() { p.counts.add(began, time.Since(began), err) }()
	config, err := p.load()
	if err == nil {
		err = p.apply(config)
	}
	digest = p.force.get().Digest
	if err != nil {
		p.log.Error("reload failed, the last conf stays in force", slog.String("digest", digest), slog.Any("error", err))
		return digest, err
	}
	p.log.Info("reloaded", slog.String("digest", digest))
	return digest, nil
}

// apply puts a conf in force as a whole, or changes nothing. Steps that can fail come
// first.
func (p *process) apply(c *conf.Config) error {
	if err := p.node.Config().Reloadable(c); err != nil {
		return err
	}
	node, err := p.node.Prepare(c)
	if err != nil {
		return err
	}
	access, err := p.access.Prepare(c.Log)
	if err != nil {
		node.Cancel()
		return err
	}
	p.commit(c, node, access)
	node.Finish()
	if err := access.Finish(); err != nil {
		p.log.Warn("lines may be missing at the end of the access log before the reload", slog.Any("error", err))
	}
	return nil
}

// commit puts all parts of a conf in force. It cannot fail, and does not block.
func (p *process) commit(c *conf.Config, node *edge.Change, access *accesslog.Change) {
	p.force.mu.Lock()
	defer p.force.mu.Unlock()
	node.Commit()
	access.Commit()
	if p.admin != nil {
		p.admin.Apply(&c.Admin)
	}
	p.journal.setLevel(c.Log.Level)
	p.force.set(c)
}
