package bus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metric is one figure of a bus.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*figures) float64
}

// figures are what the metrics are read from.
type figures struct {
	state State
	nodes []Node
	sent  uint64

	applied, unsent, doubts, refused uint64
}

func (f *figures) in(s Standing) float64 {
	n := 0
	for i := range f.nodes {
		if f.nodes[i].Standing == s {
			n++
		}
	}
	return float64(n)
}

// metricsOf are the figures of a bus. Their help says what a rise means.
var metricsOf = []metric{
	{"in_sync", "1 while the node has applied all purges of the fleet. At 0 for more than moments it is cut off or does not keep up.", prometheus.GaugeValue,
		func(f *figures) float64 {
			if f.state.InSync {
				return 1
			}
			return 0
		}},
	{"out_of_sync_seconds", "Time since the node last knew that it had applied all. A rise above a few seconds means that it is cut off: purges may be missed.", prometheus.GaugeValue,
		func(f *figures) float64 {
			if f.state.Since.IsZero() {
				return 0
			}
			return time.Since(f.state.Since).Seconds()
		}},
	{"behind", "Purges of the fleet that the node has still to apply, as far as it knows. A rise that stays means that it does not keep up.", prometheus.GaugeValue,
		func(f *figures) float64 { return float64(max(f.state.Last, f.state.Applied) - f.state.Applied) }},
	{"nodes_behind", "Nodes that have not said that they applied what this one has. Normal for moments; a rise that stays means nodes that do not keep up.", prometheus.GaugeValue,
		func(f *figures) float64 { return f.in(Behind) }},
	{"nodes_missing", "Nodes not heard of for a while, within a day. A rise means nodes that died or are cut off.", prometheus.GaugeValue,
		func(f *figures) float64 { return f.in(Missing) }},
	{"applied_total", "Items purged through the fleet's stream. A rise is normal.", prometheus.CounterValue,
		func(f *figures) float64 { return float64(f.applied) }},
	{"sent_total", "Items that this node handed to the fleet. A rise is normal.", prometheus.CounterValue,
		func(f *figures) float64 { return float64(f.sent) }},
	{"unsent_total", "Items that the fleet did not take in time. A rise means that the fleet's servers are down or cut off: purges are in force on this node only.", prometheus.CounterValue,
		func(f *figures) float64 { return float64(f.unsent) }},
	{"doubts_total", "Times that all that was stored had to be validated since purges may have been missed. A rise means that a node was away for longer than the fleet remembers, or messages that it does not understand.", prometheus.CounterValue,
		func(f *figures) float64 { return float64(f.doubts) }},
	{"reports_refused_total", "Reports of nodes that were not understood, or came from more than 1000 nodes. A rise means that the fleet is too large, or that somebody else writes to its servers: receipts lack nodes.", prometheus.CounterValue,
		func(f *figures) float64 { return float64(f.refused) }},
}

// Collector returns the metrics of b, brink_fleet_*, read at each scrape.
func Collector(b *Bus) prometheus.Collector {
	c := &collector{bus: b}
	for _, m := range metricsOf {
		c.described = append(c.described, prometheus.NewDesc("brink_fleet_"+m.name, m.help, nil, nil))
	}
	return c
}

type collector struct {
	bus       *Bus
	described []*prometheus.Desc
}

func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.described {
		to <- d
	}
}

func (c *collector) Collect(to chan<- prometheus.Metric) {
	b := c.bus
	f := figures{state: b.State(), sent: b.counts.sent.Load(), applied: b.counts.applied.Load(), unsent: b.counts.unsent.Load(), doubts: b.counts.doubts.Load(), refused: b.counts.refused.Load()}
	f.nodes = b.Nodes(f.state.Applied)
	for i, m := range metricsOf {
		to <- prometheus.MustNewConstMetric(c.described[i], m.kind, m.value(&f))
	}
}
