package figures

import "github.com/prometheus/client_golang/prometheus"

// Figure is one number of a snapshot S.
type Figure[S any] struct {
	name, outcome, help string
	kind                prometheus.ValueType
	value               func(*S) int64
}

// Gauge is a figure that goes up and down. Its help says what a change means.
func Gauge[S any](name, help string, value func(*S) int64) Figure[S] {
	return Figure[S]{name: name, help: help, kind: prometheus.GaugeValue, value: value}
}

// Counter is a figure that only rises. Its help says what a rise means.
func Counter[S any](name, help string, value func(*S) int64) Figure[S] {
	return Figure[S]{name: name, help: help, kind: prometheus.CounterValue, value: value}
}

// Of returns f as one of several of its name, told apart by the label outcome.
func (f Figure[S]) Of(outcome string) Figure[S] {
	f.outcome = outcome
	return f
}

// Table is all figures of a snapshot. It is immutable.
type Table[S any] []Figure[S]

// Named returns the figures by name, with the outcome behind it if there is
// one.
func (t Table[S]) Named(snapshot *S) map[string]int64 {
	named := make(map[string]int64, len(t))
	for _, f := range t {
		name := f.name
		if f.outcome != "" {
			name += "_" + f.outcome
		}
		named[name] = f.value(snapshot)
	}
	return named
}

// Collector returns the figures as metrics whose names begin with prefix, of a
// snapshot that is taken at each scrape.
func (t Table[S]) Collector(prefix string, take func() S) prometheus.Collector {
	c := &collector[S]{table: t, take: take}
	for _, f := range t {
		var labels prometheus.Labels
		if f.outcome != "" {
			labels = prometheus.Labels{"outcome": f.outcome}
		}
		c.descs = append(c.descs, prometheus.NewDesc(prefix+f.name, f.help, nil, labels))
	}
	return c
}

type collector[S any] struct {
	table Table[S]
	take  func() S
	descs []*prometheus.Desc // of the table's figures
}

// Describe implements prometheus.Collector.
func (c *collector[S]) Describe(out chan<- *prometheus.Desc) {
	for _, d := range c.descs {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector[S]) Collect(out chan<- prometheus.Metric) {
	snapshot := c.take()
	for i, f := range c.table {
		out <- prometheus.MustNewConstMetric(c.descs[i], f.kind, float64(f.value(&snapshot)))
	}
}
