package main

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	descReloads = prometheus.NewDesc("brink_reloads_total",
		"Reloads of the conf, by signal or by call. A rise of failed means that the conf in the files is not the one in force.",
		[]string{"result"}, nil)
	descReloaded = prometheus.NewDesc("brink_reload_last_success_timestamp_seconds",
		"When the conf in force was read, as Unix time: at the start, or by the last reload that did not fail. A rise means that a new conf is in force.",
		nil, nil)
	descReloadFailed = prometheus.NewDesc("brink_reload_last_failed",
		"1 if the last reload failed, so that the conf before it is still in force. A rise to 1 means that a restart with the conf files as they are may fail.",
		nil, nil)
	descReloadDuration = prometheus.NewDesc("brink_reload_duration_seconds",
		"How long the last reload took, whether it failed or not. A rise means a larger conf, or a slow disk.",
		nil, nil)
	descConf = prometheus.NewDesc("brink_conf_info",
		"Always 1; the label is the digest of the conf in force, as brink check prints it. More than one digest across the nodes means that they have different confs.",
		[]string{"digest"}, nil)
	descLogDropped = prometheus.NewDesc("brink_log_dropped_lines_total",
		"Lines of the node's own log that are lost because the reader of standard error did not keep up, or has ended. A rise means that messages are missing. Requests are not affected.",
		nil, nil)
)

// reloadCounts counts the reloads. Its methods may be called from any goroutine.
type reloadCounts struct {
	mu sync.Mutex

	ok, failed int
	lastFailed bool
	good       time.Time // when the conf in force was read
	took       time.Duration
}

// started records when the conf of the start was read.
func (r *reloadCounts) started(now time.Time) { r.good = now }

// add counts a reload.
func (r *reloadCounts) add(began time.Time, took time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.took, r.lastFailed = took, err != nil
	if err != nil {
		r.failed++
		return
	}
	r.ok++
	r.good = began
}

// Describe implements prometheus.Collector.
func (r *reloadCounts) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descReloads, descReloaded, descReloadFailed, descReloadDuration} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (r *reloadCounts) Collect(ch chan<- prometheus.Metric) {
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := 0.0
	if r.lastFailed {
		failed = 1
	}
	ch <- prometheus.MustNewConstMetric(descReloads, prometheus.CounterValue, float64(r.ok), "ok")
	ch <- prometheus.MustNewConstMetric(descReloads, prometheus.CounterValue, float64(r.failed), "failed")
	ch <- prometheus.MustNewConstMetric(descReloaded, prometheus.GaugeValue, float64(r.good.UnixMilli())/1000)
	ch <- prometheus.MustNewConstMetric(descReloadFailed, prometheus.GaugeValue, failed)
	ch <- prometheus.MustNewConstMetric(descReloadDuration, prometheus.GaugeValue, r.took.Seconds())
}

// Describe implements prometheus.Collector.
func (f *inForce) Describe(ch chan<- *prometheus.Desc) { ch <- descConf }

// Collect implements prometheus.Collector.
func (f *inForce) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(descConf, prometheus.GaugeValue, 1, f.get().Digest)
}

// Describe implements prometheus.Collector.
func (j *journal) Describe(ch chan<- *prometheus.Desc) { ch <- descLogDropped }

// Collect implements prometheus.Collector.
func (j *journal) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.MustNewConstMetric(descLogDropped, prometheus.CounterValue, float64(j.dropped.Load()))
}
