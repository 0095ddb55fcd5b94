package admin

import (
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds the scrapes at a time, as each holds its answer in memory
// until a slow scraper has read it.
const maxScrapes = 4

type metrics struct {
	handler http.Handler
	slots   chan struct{}
}

func newMetrics(version string, all []prometheus.Collector) metrics {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "brink_build_info",
		Help:        "Always 1; the labels say which build runs. A rise of their number across nodes means a rollout is under way.",
		ConstLabels: prometheus.Labels{"version": version, "go": runtime.Version()},
	}, func() float64 { return 1 }))
	registry.MustRegister(all...)
	return metrics{
		handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
		slots:   make(chan struct{}, maxScrapes),
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
