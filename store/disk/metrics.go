package disk

import "github.com/prometheus/client_golang/prometheus"

// metric is one figure of Stats. Its help says what a rise means.
type metric struct {
	name, outcome, help string // outcome is the label of a name that several have
	kind                prometheus.ValueType
	value               func(*Stats) int64
}

const readsHelp = "Reads by outcome. Hits and misses are normal. A rise of late means that the disk is too slow or does not answer, of unreadable that it gives back what was not written; either is a miss."

var metrics = []metric{
	{"in_service", "", "1 while the disk tier serves. A fall to 0 means that its disk has failed: the node serves on from RAM and the origin.",
		prometheus.GaugeValue, func(s *Stats) int64 { return number(s.InService) }},
	{"limit_bytes", "", "What segments and index may take together. Constant.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Limit }},
	{"segments", "", "Segments of the log. A rise is normal until the budget is used.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Segments }},
	{"segment_bytes", "", "What was written to the segments. At the limit, less the index, the tier is full, which is normal.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.SegmentBytes }},
	{"index_bytes", "", "What the index takes on disk. A rise against segment_bytes means that objects have become smaller.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.IndexBytes }},
	{"used_bytes", "", "What the directory takes on disk. A rise above the budget means that files cannot be deleted.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.DiskBytes }},
	{"queue_bytes", "", "Memory of objects that wait to be written. A rise means that the disk does not keep up with what is stored.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.QueueBytes }},
	{"queue_length", "", "Objects and deletions that wait to be written. A rise means that the disk does not keep up.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.QueueLength }},

	{"reads_total", "hit", readsHelp, prometheus.CounterValue, func(s *Stats) int64 { return s.Hits }},
	{"reads_total", "miss", readsHelp, prometheus.CounterValue, func(s *Stats) int64 { return s.Misses }},
	{"reads_total", "late", readsHelp, prometheus.CounterValue, func(s *Stats) int64 { return s.Late }},
	{"reads_total", "unreadable", readsHelp, prometheus.CounterValue, func(s *Stats) int64 { return s.Unreadable }},
	{"written_total", "", "Objects written. A rise means more responses that are asked for a second time, or that are replaced.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Written }},
	{"written_bytes_total", "", "Bytes of objects written. A rise is load on the disk.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.WrittenBytes }},
	{"flushed_bytes_total", "", "Bytes that the log's files took in all. Divided by written_bytes_total it is the write amplification; a rise of that above 1.1 means that the disk wears for nothing.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.FlushedBytes }},
	{"dropped_total", "", "Objects not written because too many waited. A rise means that the disk does not keep up; they are served from RAM while they last.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Dropped }},
	{"failed_writes_total", "", "Writes that failed. A rise means that the disk is full or failing.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.FailedWrites }},
	{"evicted_segments_total", "", "Segments dropped to make room. A steady rise means that the working set outgrows the budget.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.EvictedSegments }},
	{"evicted_bytes_total", "", "Bytes of the segments dropped. Divided into the budget its rate tells how long an object stays that nobody asks for.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.EvictedBytes }},
	{"rescued_total", "", "Objects written again instead of being evicted since they were in use. A rise means that what is in use outgrows the budget.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Rescued }},
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Figures returns what the metrics have, by the same names.
func (s *Stats) Figures() map[string]int64 {
	figures := make(map[string]int64, len(metrics))
	for _, m := range metrics {
		name := m.name
		if m.outcome != "" {
			name += "_" + m.outcome
		}
		figures[name] = m.value(s)
	}
	return figures
}

type collector struct {
	tier  *Tier
	descs []*prometheus.Desc
}

// Collector returns the metrics of t, brink_disk_*, read at each scrape.
func Collector(t *Tier) prometheus.Collector {
	c := &collector{tier: t}
	for _, m := range metrics {
		var labels prometheus.Labels
		if m.outcome != "" {
			labels = prometheus.Labels{"outcome": m.outcome}
		}
		c.descs = append(c.descs, prometheus.NewDesc("brink_disk_"+m.name, m.help, nil, labels))
	}
	return c
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	stats := c.tier.Stats()
	for i, m := range metrics {
		out <- prometheus.MustNewConstMetric(c.descs[i], m.kind, float64(m.value(&stats)))
	}
}
