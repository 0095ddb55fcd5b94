package store

import (
	"github.com/prometheus/client_golang/prometheus"

	"brink/store/figures"
)

// metrics are the figures of Stats. Their help says what a rise means.
var metrics = figures.Table[Stats]{
	figures.Gauge("memory_budget_bytes", "The memory budget (store.memory). Constant.",
		func(s *Stats) int64 { return s.Memory }),
	figures.Gauge("objects", "Objects in the RAM tier. A fall without purges means that larger objects crowd out smaller ones.",
		func(s *Stats) int64 { return s.Objects }),
	figures.Gauge("object_bytes", "Memory that the objects in the RAM tier take. At its limit, less what copies for sendfile take, the tier is full, which is normal.",
		func(s *Stats) int64 { return s.Bytes }),
	figures.Gauge("object_limit_bytes", "What of the budget is for objects in the RAM tier and for copies for sendfile. Constant.",
		func(s *Stats) int64 { return s.TierLimit }),
	figures.Gauge("fills", "Fetches under way. A rise means that the origin has become slow or that misses have become more.",
		func(s *Stats) int64 { return s.Fills }),
	figures.Gauge("flight_bytes", "Memory of bodies that arrive or are about to be stored. At its limit responses are passed on without being stored.",
		func(s *Stats) int64 { return s.FlightBytes }),
	figures.Gauge("flight_limit_bytes", "What of the budget is for bodies in flight. Constant.",
		func(s *Stats) int64 { return s.FlightLimit }),
	figures.Gauge("settling", "Objects on their way into the RAM tier; they are served meanwhile. A rise means that the tier lags behind.",
		func(s *Stats) int64 { return s.Settling }),
	figures.Gauge("marks", "Keys remembered as not to be shared. A rise means that more URLs give responses that cannot be stored.",
		func(s *Stats) int64 { return s.Marks }),
	figures.Gauge("spools", "Copies of hot, large bodies in files that the kernel sends from. A rise means that more large objects are asked for often.",
		func(s *Stats) int64 { return s.FileCopies }),
	figures.Gauge("spool_bytes", "Memory that copies for sendfile take, at the expense of objects in the RAM tier. It is not part of the heap.",
		func(s *Stats) int64 { return s.FileCopyBytes }),
	figures.Gauge("spool_limit_bytes", "What of the budget copies for sendfile may take. Constant.",
		func(s *Stats) int64 { return s.FileCopyLimit }),

	figures.Gauge("longest_object_bytes", "The longest response that the RAM tier takes, head included. Constant.",
		func(s *Stats) int64 { return s.Longest }),

	figures.Counter("evictions_total", "Objects that had to make room. A rise means that the working set outgrows the budget.",
		func(s *Stats) int64 { return s.Evictions }),
	figures.Counter("rejections_total", "New objects that were asked for less often than those they would have displaced. A rise means many one-time requests, or too small a budget.",
		func(s *Stats) int64 { return s.Rejections }),
	figures.Counter("oversize_total", "Objects too large for the RAM tier. A rise means that large responses are fetched again and again.",
		func(s *Stats) int64 { return s.Oversize }),
	figures.Counter("dropped_total", "Objects not stored because the RAM tier could not take them in time. Normally zero; a rise means overload.",
		func(s *Stats) int64 { return s.Dropped }),
	figures.Counter("drops_total", "Objects forgotten on request. A rise means that origins change their mind about storing.",
		func(s *Stats) int64 { return s.Deleted }),
	figures.Counter("purged_total", "Purged objects whose memory was reclaimed because they were asked for again.",
		func(s *Stats) int64 { return s.Purged }),
	figures.Counter("collisions_total", "Lookups that met another key with the same hash. More than a few ever means that someone knows the seed.",
		func(s *Stats) int64 { return s.Collisions }),
	figures.Counter("joined_total", "Requests that joined a fetch under way instead of causing one. A rise means more simultaneous misses.",
		func(s *Stats) int64 { return s.Joined }),
	figures.Counter("fenced_total", "Responses not stored because a purge overtook their fetch. A rise means purges of what is being fetched.",
		func(s *Stats) int64 { return s.Fenced }),
	figures.Counter("fills_failed_total", "Fetches that ended without a whole response. A rise means trouble between this node and the origin.",
		func(s *Stats) int64 { return s.Failed }),
	figures.Counter("fills_busy_total", "Responses passed on without being stored for want of memory. A rise means that the budget is too small for the bodies in flight.",
		func(s *Stats) int64 { return s.Busy }),
	figures.Counter("shares_refused_total", "Times that a site got no more memory for arriving bodies, so that some is left for other sites. A rise means that the responses of one site arrive slowly, or are many.",
		func(s *Stats) int64 { return s.Crowded }),
	figures.Counter("fills_unread_total", "Fetches ended because all clients had left and more than 8 MiB of the body were left. A rise means clients that break off large downloads.",
		func(s *Stats) int64 { return s.Unread }),
	figures.Counter("fills_slow_total", "Fetches ended because all clients had left and the body arrived at less than 1 KiB a second. A rise means slow or hostile origins.",
		func(s *Stats) int64 { return s.Slow }),
	figures.Counter("fills_too_large_total", "Responses passed on without being stored because of their length. A rise means more large responses.",
		func(s *Stats) int64 { return s.TooLarge }),
	figures.Counter("overflows_total", "Bodies of unknown length that outgrew what is stored. A rise means large responses without Content-Length.",
		func(s *Stats) int64 { return s.Overflows }),
	figures.Counter("readers_cut_total", "Clients cut off because they read so slowly that they held up others on a body that is not stored. A rise means slow or hostile clients.",
		func(s *Stats) int64 { return s.Cut }),
	figures.Counter("raised_total", "Objects brought up from disk. A rise means that the working set outgrows RAM.",
		func(s *Stats) int64 { return s.Promoted }),
	figures.Counter("spills_total", "Bodies too large for RAM that went to disk while they arrived.",
		func(s *Stats) int64 { return s.Spills }),
	figures.Counter("spools_made_total", "Copies for sendfile made. A steady rise means that large objects are replaced, or crowd each other out.",
		func(s *Stats) int64 { return s.FileCopiesMade }),
	figures.Counter("spools_evicted_total", "Copies for sendfile that had to make room for others. A rise means that more large objects are hot than fit.",
		func(s *Stats) int64 { return s.FileCopiesEvicted }),
	figures.Counter("spools_refused_total", "Hot, large objects that got no copy for sendfile because all are in use. A rise means that the budget is too small for them.",
		func(s *Stats) int64 { return s.FileCopiesRefused }),
	figures.Counter("spools_failed_total", "Copies for sendfile that the system did not let us make; none are made for a minute then. A rise means too few open files or too little memory.",
		func(s *Stats) int64 { return s.FileCopiesFailed }),
}

// Figures returns what the metrics have, by the same names.
func (s *Stats) Figures() map[string]int64 { return metrics.Named(s) }

// Collector returns the metrics of s, brink_store_*, read at each scrape.
func Collector(s *Store) prometheus.Collector { return metrics.Collector("brink_store_", s.Stats) }
