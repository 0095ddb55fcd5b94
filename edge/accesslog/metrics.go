package accesslog

import "github.com/prometheus/client_golang/prometheus"

var (
	descWritten = prometheus.NewDesc("brink_access_log_lines_total",
		"Lines written to the access log. A rise is traffic, or a larger sample.", nil, nil)
	descDropped = prometheus.NewDesc("brink_access_log_dropped_lines_total",
		"Lines lost because the destination did not keep up or failed. A rise means a full disk or a reader that is too slow; requests are served as before.", nil, nil)
)

type collector struct{ log *Log }

// Collector returns a collector of the log's counters.
func (l *Log) Collector() prometheus.Collector { return collector{l} }

// Describe implements prometheus.Collector.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	ch <- descWritten
	ch <- descDropped
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(descWritten, prometheus.CounterValue, float64(c.log.written.Load()))
	ch <- prometheus.MustNewConstMetric(descDropped, prometheus.CounterValue, float64(c.log.dropped.Load()))
}
