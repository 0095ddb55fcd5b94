package engine

import "github.com/prometheus/client_golang/prometheus"

var (
	descEnded = prometheus.NewDesc("brink_connections_limited_total",
		"Client connections closed or refused, and requests refused, because of a limit. To make room for others: head-evicted, the head was incomplete; idle-evicted, it was idle. client-evicted: its address opened another one and may have no more; client-refused: all connections of its address have a request under way; client-requests: a request of an address that has as many under way as it may; memory-refused and request-memory: requests under way hold all memory for connections. A rise of head-evicted is an attack or very slow clients; of the others, too many clients for the limits.",
		[]string{"cause"}, nil)
	descBytes = prometheus.NewDesc("brink_connection_memory_bytes",
		"Memory counted for client connections, the kernel's included. A rise means more clients, or heads and bodies that come slowly.",
		nil, nil)
	descWaiting = prometheus.NewDesc("brink_connection_memory_limit_bytes",
		"Memory for client connections; above it connections that wait for a request are closed. A rise means that the node was started with more memory.",
		nil, nil)
	descPlaces = prometheus.NewDesc("brink_connections_limit",
		"The most client connections at a time, on all listeners together. A rise means that the node was started with more file descriptors.",
		nil, nil)
)

type collector struct{ limits *Limits }

// Collector returns a collector of what l has counted.
func Collector(l *Limits) prometheus.Collector { return collector{l} }

// Describe implements prometheus.Collector.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descEnded, descBytes, descWaiting, descPlaces} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	for cause := range CauseCount {
		ch <- prometheus.MustNewConstMetric(descEnded, prometheus.CounterValue, float64(c.limits.Count(cause)), cause.String())
	}
	used, _ := c.limits.Used()
	ch <- prometheus.MustNewConstMetric(descBytes, prometheus.GaugeValue, float64(used))
	ch <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(c.limits.capacity.Waiting))
	ch <- prometheus.MustNewConstMetric(descPlaces, prometheus.GaugeValue, float64(c.limits.capacity.Connections))
}
