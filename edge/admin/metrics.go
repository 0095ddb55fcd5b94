package admin

import (
	"net/http"
	"runtime"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds the scrapes at a time. Each keeps its answer in memory until the scraper
// has read it.
const maxScrapes = 4

type metrics struct {
	handler http.Handler
	slots   chan struct{}

	purges *prometheus.CounterVec // by outcome
	items  *prometheus.CounterVec // by kind, soft
}

func newMetrics(version string, all []prometheus.Collector) metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "brink_build_info",
		Help:        "Always 1; the labels say which build runs. More than one build across the nodes means that a rollout is under way.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	}, func() float64 { return 1 }))
	registry.MustRegister(all...)
	m := metrics{
		handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
		slots:   make(chan struct{}, maxScrapes),
		purges: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "brink_purge_requests_total",
			Help: "Calls of the purge API, by outcome. A rise of applied means more purges; of not_durable or failed, trouble with the disk; of behind or not_sent, trouble with the fleet; of limited, a token that purges more than its rate; of unauthorized or forbidden, a wrong or leaked token.",
		}, []string{"outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "brink_purge_items_total",
			Help: "Items purged by the API, as they were sent. A rise of hard purges is followed by more misses, a rise of soft ones by more refreshes.",
		}, []string{"kind", "soft"}),
	}
	registry.MustRegister(m.purges, m.items)
	for _, o := range outcomes {
		m.purges.WithLabelValues(o)
	}
	return m
}

// purged counts a call of the purge API. o is nil if the order could not be read.
func (m *metrics) purged(o *order, became outcome) {
	m.purges.WithLabelValues(became.String()).Inc()
	if !became.inForce() {
		return
	}
	soft := strconv.FormatBool(o.soft)
	for _, l := range lists {
		if n := len(o.purged(l.kind)); n > 0 {
			m.items.WithLabelValues(l.word, soft).Add(float64(n))
		}
	}
	if o.all {
		m.items.WithLabelValues("all", soft).Inc()
	}
}

func (s *Server) scrape(w http.ResponseWriter, r *request) *failure {
	select {
	case s.metrics.slots <- struct{}{}:
		defer func() { <-s.metrics.slots }()
		s.metrics.handler.ServeHTTP(w, r.Request)
		return nil
	default:
		return fail(http.StatusServiceUnavailable, "too_many_scrapes", "too many scrapes are under way",
			"look for a scraper that does not read its answers")
	}
}
