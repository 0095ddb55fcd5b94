package store

import "github.com/prometheus/client_golang/prometheus"

// metric is one figure of Stats. Its help says what a rise means.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*Stats) int64
}

var metrics = []metric{
	{"memory_budget_bytes", "The memory budget (store.memory). Constant.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Memory }},
	{"objects", "Objects in the RAM tier. A fall without purges means that larger objects crowd out smaller ones.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Objects }},
	{"object_bytes", "Memory that the objects in the RAM tier take. At its limit, less what spools take, the tier is full, which is normal.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Bytes }},
	{"object_limit_bytes", "What of the budget is for objects in the RAM tier and for spools. Constant.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.TierLimit }},
	{"fills", "Fetches under way. A rise means that the origin has become slow or that misses have become more.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Fills }},
	{"flight_bytes", "Memory of bodies that arrive or are about to be stored. At its limit responses are passed on without being stored.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.FlightBytes }},
	{"flight_limit_bytes", "What of the budget is for bodies in flight. Constant.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.FlightLimit }},
	{"settling", "Objects on their way into the RAM tier; they are served meanwhile. A rise means that the tier lags behind.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Settling }},
	{"marks", "Keys remembered as not to be shared. A rise means that more URLs give responses that cannot be stored.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Marks }},
	{"spools", "Copies of hot, large bodies in files that the kernel sends from. A rise means that more large objects are asked for often.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.Spools }},
	{"spool_bytes", "Memory that spools take, at the expense of objects in the RAM tier. It is not part of the heap.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.SpoolBytes }},
	{"spool_limit_bytes", "What of the budget spools may take. Constant.",
		prometheus.GaugeValue, func(s *Stats) int64 { return s.SpoolLimit }},

	{"evictions_total", "Objects that had to make room. A rise means that the working set outgrows the budget.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Evictions }},
	{"rejections_total", "New objects that were asked for less often than those they would have displaced. A rise means many one-time requests, or too small a budget.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Rejections }},
	{"oversize_total", "Objects too large for the RAM tier. A rise means that large responses are fetched again and again.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Oversize }},
	{"dropped_total", "Objects not stored because the RAM tier could not take them in time. Normally zero; a rise means overload.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Dropped }},
	{"drops_total", "Objects forgotten on request. A rise means that origins change their mind about storing.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Drops }},
	{"purged_total", "Purged objects whose memory was reclaimed because they were asked for again.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Purged }},
	{"collisions_total", "Lookups that met another key with the same hash. More than a few ever means that someone knows the seed.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Collisions }},
	{"joined_total", "Requests that joined a fetch under way instead of causing one. A rise means more simultaneous misses.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Joined }},
	{"fenced_total", "Responses not stored because a purge overtook their fetch. A rise means purges of what is being fetched.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Fenced }},
	{"fills_failed_total", "Fetches that ended without a whole response. A rise means trouble between this node and the origin.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Failed }},
	{"fills_busy_total", "Responses passed on without being stored for want of memory. A rise means that the budget is too small for the bodies in flight.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Busy }},
	{"fills_too_large_total", "Responses passed on without being stored because of their length. A rise means more large responses.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.TooLarge }},
	{"overflows_total", "Bodies of unknown length that outgrew what is stored. A rise means large responses without Content-Length.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Overflows }},
	{"readers_cut_total", "Clients cut off because they stalled and held up others on a body that is not stored. A rise means slow or hostile clients.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Cut }},
	{"raised_total", "Objects brought up from disk. A rise means that the working set outgrows RAM.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Raised }},
	{"spills_total", "Bodies too large for RAM that went to disk while they arrived.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.Spills }},
	{"spools_made_total", "Spools made. A steady rise means that large objects are replaced, or crowd each other out.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.SpoolsMade }},
	{"spools_evicted_total", "Spools that had to make room for others. A rise means that more large objects are hot than fit.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.SpoolsEvicted }},
	{"spools_refused_total", "Hot, large objects that got no spool because all are in use. A rise means that the budget is too small for them.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.SpoolsRefused }},
	{"spools_failed_total", "Spools that the system did not let us make; none are made for a minute then. A rise means too few open files or too little memory.",
		prometheus.CounterValue, func(s *Stats) int64 { return s.SpoolsFailed }},
}

type collector struct {
	store *Store
	descs []*prometheus.Desc
}

// Collector returns the metrics of s, brink_store_*, read at each scrape.
func Collector(s *Store) prometheus.Collector {
	c := &collector{store: s}
	for _, m := range metrics {
		c.descs = append(c.descs, prometheus.NewDesc("brink_store_"+m.name, m.help, nil, nil))
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
	stats := c.store.Stats()
	for i, m := range metrics {
		out <- prometheus.MustNewConstMetric(c.descs[i], m.kind, float64(m.value(&stats)))
	}
}
