package meter

import (
	"sync/atomic"
	"time"

	"brink/edge/message"
)

// NoSite is the site of a request that belongs to none: its head was refused
// or its host is unknown. Its label is "-".
const NoSite = -1

// Meter counts the requests of the sites of one configuration. It is immutable
// but for the counts; all methods may be called from any goroutine.
type Meter struct {
	node  *node
	sites []*site // [0] is NoSite; the site numbered i is [i+1]
}

// node is what the Meters of successive configurations share.
type node struct {
	stripes     stripes
	connections connections
	current     atomic.Pointer[Meter] // the one that is shown
}

// New returns a meter for the sites so named, which are numbered in this
// order. faults names why a head can be refused, in the order of the
// enumeration that RefusedHead is given.
func New(sites []string, faults ...string) *Meter {
	n := &node{}
	n.stripes.init()
	n.connections.faults = faults
	n.connections.refused = make([]counter, len(faults))
	m := &Meter{node: n, sites: []*site{newSite("-", n.stripes.count)}}
	next := m.With(sites)
	next.Show()
	return next
}

// With returns a meter for another configuration. A site that m has too, by
// name, keeps its counts, and requests still served under m are counted in
// both. The counts of a site that is gone go with its meter.
func (m *Meter) With(sites []string) *Meter {
	known := make(map[string]*site, len(m.sites))
	for _, s := range m.sites {
		known[s.name] = s
	}
	next := &Meter{node: m.node, sites: m.sites[:1:1]}
	for _, name := range sites {
		s := known[name]
		if s == nil {
			s = newSite(name, m.node.stripes.count)
			known[name] = s
		}
		next.sites = append(next.sites, s)
	}
	return next
}

// Show has the collector show the sites of m.
func (m *Meter) Show() { m.node.current.Store(m) }

// Record counts one request: site is its number or NoSite, status the code
// sent (0 if the connection was closed without an answer), bytes the content
// that went to the client and d the time from the request's head to the end of
// the reply. It does not allocate.
func (m *Meter) Record(site int, s *message.CacheStatus, status int, bytes int64, d time.Duration) {
	stripe := m.node.stripes.take()
	c := m.sites[site+1].cell(stripe.index)
	c.mu.Lock()
	c.mu.add(s, classOf(status), bytes, d)
	c.mu.Unlock()
	m.node.stripes.give(stripe)
}

// distinct returns the sites of m, each once.
func (m *Meter) distinct() []*site {
	seen := make(map[*site]bool, len(m.sites))
	var all []*site
	for _, s := range m.sites {
		if !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}
