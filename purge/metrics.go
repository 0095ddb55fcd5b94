package purge

import "github.com/prometheus/client_golang/prometheus"

var (
	seqDesc = prometheus.NewDesc("brink_purge_seq",
		"Number of the newest purge in force. A rise is a purge, by the API or by an unsafe request; a node of a fleet that lags behind has missed some.", nil, nil)
	rulesDesc = prometheus.NewDesc("brink_purge_rules",
		"Purges remembered, one for each name that was purged. A rise means that ever new names are purged; at brink_purge_rules_limit the oldest are dropped, and brink_purge_floor rises.", nil, nil)
	limitDesc = prometheus.NewDesc("brink_purge_rules_limit",
		"How many purges fit into their share of store.memory. A rise means another conf.", nil, nil)
	droppedDesc = prometheus.NewDesc("brink_purge_rules_dropped_total",
		"Purges forgotten for lack of memory. A rise means that more names are purged than store.memory has room for. Responses fetched before are validated before they are used.", nil, nil)
	floorDesc = prometheus.NewDesc("brink_purge_floor",
		"What was fetched before the purge of this number is validated before it is used. A rise means that purges were lost or forgotten, and more requests to the origin for a while.", nil, nil)
	bytesDesc = prometheus.NewDesc("brink_purge_journal_bytes",
		"Size of the file that keeps the purges over a restart; 0 without a disk tier. It falls when the file is written anew; a steady rise means purges of ever new things.", nil, nil)
	durableDesc = prometheus.NewDesc("brink_purge_durable",
		"1 if all that was purged would survive a crash, or need not; a fall to 0 for longer than a moment means that the disk fails, and a rise that it works again.", nil, nil)
)

// Collector makes the metrics of a log.
func Collector(l *Log) prometheus.Collector { return collector{l} }

type collector struct{ log *Log }

func (c collector) Describe(all chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{seqDesc, rulesDesc, limitDesc, droppedDesc, floorDesc, bytesDesc, durableDesc} {
		all <- d
	}
}

func (c collector) Collect(all chan<- prometheus.Metric) {
	s := c.log.Stats()
	durable := 0.0
	if s.Durable {
		durable = 1
	}
	gauge := func(d *prometheus.Desc, v float64) {
		all <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	gauge(seqDesc, float64(s.Latest))
	gauge(rulesDesc, float64(s.Rules))
	gauge(limitDesc, float64(s.Limit))
	all <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(s.Dropped))
	gauge(floorDesc, float64(s.Floor))
	gauge(bytesDesc, float64(s.Bytes))
	gauge(durableDesc, durable)
}
