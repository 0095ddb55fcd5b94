package meter

import "brink/edge/message"

// Snapshot has the counts since the node started. Requests is the sum of the eight
// outcomes. Collapsed, Fetched and Stored count some of these requests once more.
type Snapshot struct {
	Counts
	Connections Connections       `json:"connections"`
	Sites       map[string]Counts `json:"sites"`
}

// Counts are the requests of a site, or of all.
type Counts struct {
	Requests    uint64 `json:"requests"`
	Hits        uint64 `json:"hits"`
	Stale       uint64 `json:"stale"`
	Revalidated uint64 `json:"revalidated"`
	Misses      uint64 `json:"misses"`
	Passes      uint64 `json:"passes"`
	Refused     uint64 `json:"refused"`
	Failed      uint64 `json:"failed"`
	Purged      uint64 `json:"purged"`    // requests to purge that are in force
	Collapsed   uint64 `json:"collapsed"` // answered by another request's fetch
	Fetched     uint64 `json:"fetched"`   // an origin was asked
	Stored      uint64 `json:"stored"`    // the origin's response was stored
	Bytes       uint64 `json:"bytes"`     // of content, to clients
}

// Connections are the client connections of the node.
type Connections struct {
	Accepted     uint64 `json:"accepted"`
	Active       uint64 `json:"active"`
	RefusedHeads uint64 `json:"refused_heads"`
}

// Snapshot adds up the sites of m. Its Sites has no sites without requests.
func (m *Meter) Snapshot() Snapshot {
	s := Snapshot{Sites: make(map[string]Counts)}
	for _, site := range m.distinct() {
		c := countsOf(site.sum())
		s.Counts.add(c)
		if c.Requests > 0 {
			s.Sites[site.name] = c
		}
	}
	n := &m.node.connections
	s.Connections = Connections{Accepted: n.accepted.Load(), Active: n.active()}
	for i := range n.refused {
		s.Connections.RefusedHeads += n.refused[i].Load()
	}
	return s
}

func countsOf(c *counts) Counts {
	s := Counts{
		Hits:        c.outcome(message.Hit),
		Stale:       c.outcome(message.Stale),
		Revalidated: c.outcome(message.Revalidated),
		Misses:      c.outcome(message.Miss),
		Passes:      c.outcome(message.Pass),
		Refused:     c.outcome(message.Refused),
		Failed:      c.outcome(message.Failed),
		Purged:      c.outcome(message.Purged),
		Collapsed:   c.collapsed,
		Fetched:     c.fetched,
		Stored:      c.stored,
		Bytes:       c.bytes,
	}
	s.Requests = s.Hits + s.Stale + s.Revalidated + s.Misses + s.Passes + s.Refused + s.Failed + s.Purged
	return s
}

func (c *Counts) add(o Counts) {
	c.Requests += o.Requests
	c.Hits += o.Hits
	c.Stale += o.Stale
	c.Revalidated += o.Revalidated
	c.Misses += o.Misses
	c.Passes += o.Passes
	c.Refused += o.Refused
	c.Failed += o.Failed
	c.Purged += o.Purged
	c.Collapsed += o.Collapsed
	c.Fetched += o.Fetched
	c.Stored += o.Stored
	c.Bytes += o.Bytes
}
