package edge

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"brink/conf"
	"brink/edge/accesslog"
	"brink/edge/fetch"
	"brink/edge/meter"
	"brink/edge/site"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// Node is the edge node: the handler behind every listener. Its methods may be
// called from any goroutine.
type Node struct {
	id      string
	now     func() store.Instant
	store   *store.Store
	purges  *purge.Log
	fleet   Fleet // nil: the node is alone
	access  *accesslog.Log
	log     *slog.Logger
	tables  atomic.Pointer[tables]
	fetcher *fetch.Fetcher

	readAhead   *origin.Memory      // for content that the origins read ahead
	descriptors *origin.Descriptors // for the connections of all origins; nil: only each origin's own limit counts

	aborted atomic.Bool // nothing waits for an origin any more

	reload struct {
		sync.Mutex

		origins map[string]runningOrigin
		retired []*origin.Origin // of earlier sets; requests may still use them

		changing sync.Mutex // held from Prepare to Finish or Cancel; locked before the mutex above
	}
}

// runningOrigin is an origin and its settings. A reload that does not change the settings
// keeps the origin and its connections.
type runningOrigin struct {
	config conf.Origin
	origin *origin.Origin
}

// Options are the parts of a node.
type Options struct {
	Config *conf.Config
	Store  *store.Store
	Purges *purge.Log
	Fleet  Fleet        // nil: the node is alone
	Meter  *meter.Meter // without sites: New adds the sites of Config
	Access *accesslog.Log
	Log    *slog.Logger
	Now    func() store.Instant

	Descriptors *origin.Descriptors // for the connections of all origins together; nil: no limit
}

// New returns a node for o.Config. The node owns the origins that it makes. The caller still
// owns the parts in o, and closes them after the node.
func New(o Options) (*Node, error) {
	n := &Node{
		id: o.Config.Node.ID, now: o.Now, store: o.Store, purges: o.Purges, fleet: o.Fleet,
		access: o.Access, log: o.Log, readAhead: origin.NewMemory(), descriptors: o.Descriptors,
	}
	n.tables.Store(&tables{Tables: new(site.Tables), meter: o.Meter})
	n.fetcher = fetch.New(fetch.Options{
		Node: n.id, Now: n.now, Store: n.store, Purges: n.purges,
		Panicked: func(value any, stack []byte) { n.Panicked(nil, value, stack) },
	})
	n.reload.origins = make(map[string]runningOrigin)
	if err := n.Apply(o.Config); err != nil {
		return nil, err
	}
	return n, nil
}

// Config returns the conf set in force.
func (n *Node) Config() *conf.Config { return n.tables.Load().Config }

// Origins calls each with the origins in force.
func (n *Node) Origins(each func(name string, o *origin.Origin)) {
	n.reload.Lock()
	defer n.reload.Unlock()
	for name, r := range n.reload.origins {
		each(name, r.origin)
	}
}

// ReadAhead returns the memory for content that the origins read ahead.
func (n *Node) ReadAhead() *origin.Memory { return n.readAhead }

// Abort makes every wait for an origin fail at once, also those that begin later, so that
// the engines can end.
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

// Close aborts the fetches under way and waits for their end. The engines must be closed
// before.
func (n *Node) Close() {
	n.Abort()
	n.fetcher.Wait()
	n.closeOrigins(n.runningOrigins(), nil)
}
