package brinktest

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"brink/conf"
	"brink/edge"
	"brink/edge/accesslog"
	"brink/edge/engine"
	"brink/edge/http1"
	"brink/edge/meter"
	"brink/purge"
	"brink/store"
	"brink/store/disk"
)

// Local is a node in this process, on a port of 127.0.0.1, with a clock of the
// test's choice. It is wired as the binary is, without admin listener.
type Local struct {
	*edge.Node

	Store   *store.Store
	Disk    *disk.Tier // nil: none
	Address string

	purges   *purge.Log
	engine   engine.Engine
	access   *accesslog.Log
	listener net.Listener
	serving  sync.WaitGroup
}

// LocalOptions are what a conf does not say of a node in this process.
type LocalOptions struct {
	Memory int64 // bytes of the store
	Now    func() store.Instant
	FS     vfs.FS // of the disk tier, if the conf has one; nil: the system's
}

// StartLocal starts a node on a conf, whose listen blocks do not count. It must
// be closed.
func StartLocal(c *conf.Config, o LocalOptions) (*Local, error) {
	l := &Local{}
	if err := l.start(c, o); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Local) start(c *conf.Config, local LocalOptions) (err error) {
	l.purges = purge.NewLog(1, 0)
	now := local.Now
	o := store.Options{Memory: local.Memory, Seed: 1, Purges: l.purges, Now: now}
	if d := c.Store.Disk; d.Path != "" {
		l.Disk, err = disk.Open(disk.Options{Path: d.Path, Size: int64(d.Size), Seed: 1, Now: now, FS: local.FS})
		if err != nil {
			return fmt.Errorf("open the disk tier: %w", err)
		}
		var lost error
		l.purges, lost = purge.Open(filepath.Join(d.Path, "purges"), purge.Names(l.Disk.Seed()), 0, l.Disk.Stamp())
		if lost != nil {
			return lost
		}
		o.Disk, o.Seed, o.Purges = l.Disk, l.Disk.Seed(), l.purges
	}
	l.Store, err = store.New(o)
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if l.access, err = accesslog.Open(c.Log, c.Node.ID); err != nil {
		return err
	}
	l.Node, err = edge.New(edge.Options{
		Config: c, Store: l.Store, Purges: l.purges, Meter: meter.New(nil, engine.Faults()...),
		Access: l.access, Log: slog.New(slog.DiscardHandler), Now: now,
	})
	if err != nil {
		return err
	}
	l.engine = http1.New(l.Node, engine.Config{Now: now}, l.Node)
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	l.Address = l.listener.Addr().String()
	l.serving.Go(l.accept)
	return nil
}

func (l *Local) accept() {
	for {
		nc, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.serving.Go(func() { l.engine.Serve(engine.NewConn(nc), nil) })
	}
}

// Busy reports whether a fetch is under way that may store something.
func (l *Local) Busy() (busy bool) {
	l.Store.Fills(func(store.FillInfo) { busy = true })
	return busy
}

// Close cuts off all connections and ends everything that StartLocal began.
func (l *Local) Close() error {
	if l.listener != nil {
		l.listener.Close()
	}
	if l.engine != nil {
		l.engine.Close()
	}
	l.serving.Wait()
	if l.Node != nil {
		l.Node.Close()
	}
	if l.Store != nil {
		l.Store.Close()
	}
	var errs []error
	if l.Disk != nil {
		errs = append(errs, l.Disk.Close())
	}
	if l.purges != nil {
		errs = append(errs, l.purges.Close())
	}
	if l.access != nil {
		errs = append(errs, l.access.Close())
	}
	return errors.Join(errs...)
}
