package edge

import (
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"brink/conf"
	"brink/edge/accesslog"
	"brink/edge/meter"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// Node is the edge node: the handler behind every listener. Its methods may be
// called from any goroutine.
type Node struct {
	id     string
	now    func() store.Instant
	store  *store.Store
	purges *purge.Log
	fleet  Fleet // nil: the node is alone
	access *accesslog.Log
	log    *slog.Logger
	tables atomic.Pointer[tables]
	search searchPolicies

	fetches sync.WaitGroup
	aborted atomic.Bool

	reload struct {
		sync.Mutex

		origins map[string]runningOrigin
		retired []*origin.Origin // of earlier sets; requests may still be with them
	}
}

// runningOrigin is an origin with the settings it runs on, so that a reload
// keeps its connections where they did not change.
type runningOrigin struct {
	config conf.Origin
	origin *origin.Origin
}

// Options are the parts that a node is wired from.
type Options struct {
	Config *conf.Config
	Store  *store.Store
	Purges *purge.Log
	Fleet  Fleet        // nil: the node is alone
	Meter  *meter.Meter // without sites: the node gives it those of its conf
	Access *accesslog.Log
	Log    *slog.Logger
	Now    func() store.Instant
}

// New wires a node. The node owns the origins; everything in o stays its
// caller's.
func New(o Options) (*Node, error) {
	n := &Node{
		id: o.Config.Node.ID, now: o.Now, store: o.Store, purges: o.Purges, fleet: o.Fleet,
		access: o.Access, log: o.Log,
	}
	n.tables.Store(&tables{meter: o.Meter})
	n.search.kept = o.Store.Outlives()
	n.reload.origins = make(map[string]runningOrigin)
	if err := n.Apply(o.Config); err != nil {
		return nil, err
	}
	return n, nil
}

// Apply puts a conf set in force with one pointer swap, or leaves everything
// as it was and returns why. Requests under way end by the old set. The id of
// the node and what listens where do not change.
func (n *Node) Apply(c *conf.Config) error {
	n.reload.Lock()
	defer n.reload.Unlock()
	running, err := n.startOrigins(c)
	if err != nil {
		return err
	}
	origins := make(map[string]*origin.Origin, len(running))
	for name, r := range running {
		origins[name] = r.origin
	}
	t, err := compile(c, origins)
	if err != nil {
		n.closeOrigins(running, n.reload.origins)
		return err
	}
	names := make([]string, len(t.sites))
	for i, s := range t.sites {
		names[i] = s.name
	}
	t.meter = n.tables.Load().meter.With(names)
	n.tables.Store(t)
	n.closeOrigins(n.reload.origins, running)
	n.reload.origins = running
	return nil
}

// startOrigins returns the origins of c: those that run already where their
// settings are the same, new ones otherwise.
func (n *Node) startOrigins(c *conf.Config) (map[string]runningOrigin, error) {
	started := make(map[string]runningOrigin, len(c.Origins))
	for i := range c.Origins {
		config := c.Origins[i]
		if old, ok := n.reload.origins[config.Name]; ok && reflect.DeepEqual(old.config, config) {
			started[config.Name] = old
			continue
		}
		o, err := origin.New(&config)
		if err != nil {
			n.closeOrigins(started, n.reload.origins)
			return nil, fmt.Errorf("origin %q: %w", config.Name, err)
		}
		o.Watch(n.logChange)
		started[config.Name] = runningOrigin{config: config, origin: o}
	}
	return started, nil
}

// closeOrigins closes those of origins that keep does not hold, and lets go of
// earlier ones that nothing uses any more.
func (n *Node) closeOrigins(origins, keep map[string]runningOrigin) {
	n.reload.retired = slices.DeleteFunc(n.reload.retired, func(o *origin.Origin) bool {
		s := o.Stats()
		return s.Running == 0 && s.Waiting == 0
	})
	for name, r := range origins {
		if keep[name].origin != r.origin {
			r.origin.Close()
			n.reload.retired = append(n.reload.retired, r.origin)
		}
	}
}

// Config is the conf set in force.
func (n *Node) Config() *conf.Config { return n.tables.Load().config }

// Origins calls each with the origins in force.
func (n *Node) Origins(each func(name string, o *origin.Origin)) {
	n.reload.Lock()
	defer n.reload.Unlock()
	for name, r := range n.reload.origins {
		each(name, r.origin)
	}
}

// goFetch runs a fetch in a goroutine that Close waits for.
func (n *Node) goFetch(f *fetch) {
	n.fetches.Go(func() { f.run(&f.led.leash) })
}

// Abort makes everything that waits for an origin fail at once, now and later,
// so that the engines can end.
func (n *Node) Abort() {
	n.aborted.Store(true)
	n.reload.Lock()
	defer n.reload.Unlock()
	for _, o := range n.reload.retired {
		o.Abort()
	}
	for _, r := range n.reload.origins {
		r.origin.Abort()
	}
}

// Close aborts the fetches under way and waits for them. The engines have been
// closed before.
func (n *Node) Close() {
	n.Abort()
	n.fetches.Wait()
	n.reload.Lock()
	defer n.reload.Unlock()
	n.closeOrigins(n.reload.origins, nil)
}
