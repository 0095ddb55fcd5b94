package meter

import (
	"sync/atomic"
	"time"

	"brink/edge/message"
)

// NoSite is the site of a request that belongs to no site, because its head was refused
// or its host is unknown. Its label is "-".
const NoSite = -1

// Meter counts the requests of the sites of one configuration. Only its counts change.
// Any goroutine may call any method.
type Meter struct {
	node  *node
	sites []*site // [0] is NoSite; the site numbered i is [i+1]
}

// node is shared by the Meters of successive configurations.
type node struct {
	stripes     stripes
	connections connections
	current     atomic.Pointer[Meter] // the Meter that the collector shows
}

// New returns a meter for the sites with these names. Their numbers are their places in
// the list. faults names why a head can be refused, in the order of the enumeration that
// RefusedHead gets.
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

// With returns a meter for another configuration. It shares the counts of the sites that m
// also has, by name: requests that are still served under m count in both. The counts of a
// site that the new configuration does not have are lost with m.
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

// Show makes the collector show the sites of m.
func (m *Meter) Show() { m.node.current.Store(m) }

// Record counts one request. site is the site's number or NoSite. status is the code that
// was sent; 0: the connection was closed without an answer. bytes is the content that was
// sent to the client. d is the time from the end of the request's head to the end of the
// reply. Record does not allocate.
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
