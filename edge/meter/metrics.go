package meter

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"brink/edge/message"
)

var (
	descRequests = prometheus.NewDesc("brink_requests_total",
		"Requests answered, by how and why. A rise is traffic; a rise of miss, pass or failed against hit means the origin gets more of it. What was answered from disk has the reason disk, what was answered from RAM another: a rise of disk means that RAM is too small for what is asked for.",
		[]string{"site", "outcome", "reason"}, nil)
	descRefused = prometheus.NewDesc("brink_store_refused_total",
		"Responses fetched that were not stored, by reason. A rise means the origin's headers or a limit keep responses out of the cache, and each such request costs a fetch.",
		[]string{"site", "reason"}, nil)
	descStored = prometheus.NewDesc("brink_store_accepted_total",
		"Responses fetched for a request that were stored. A rise means new or changed content, or lifetimes that are too short.",
		[]string{"site"}, nil)
	descCollapsed = prometheus.NewDesc("brink_collapsed_requests_total",
		"Requests answered by the fetch of another request. A rise means many clients want the same URL while it is not stored.",
		[]string{"site"}, nil)
	descFetched = prometheus.NewDesc("brink_fetched_requests_total",
		"Requests for which an origin was asked. A rise is load on the origin that the cache did not take.",
		[]string{"site"}, nil)
	descResponses = prometheus.NewDesc("brink_responses_total",
		"Responses by class of their status; none is a connection closed without one. A rise of 5xx means the origin or the node fails, of 4xx that clients ask for what is not there, or leave before they have it (499).",
		[]string{"site", "class"}, nil)
	descBytes = prometheus.NewDesc("brink_response_content_bytes_total",
		"Content sent to clients. A rise is traffic; against a steady number of requests it means larger responses.",
		[]string{"site"}, nil)
	descLatency = prometheus.NewDesc("brink_request_duration_seconds",
		"Time from the request's head to the end of the reply, slow clients included. A rise of hit means the node is short of CPU, of miss or pass that the origin is slow.",
		[]string{"outcome"}, nil)
	descAccepted = prometheus.NewDesc("brink_connections_accepted_total",
		"Client connections accepted. A rise against a steady number of requests means clients do not reuse connections.",
		nil, nil)
	descActive = prometheus.NewDesc("brink_connections_active",
		"Client connections that are open. A rise means more clients, or slow ones that hold on.",
		nil, nil)
	descHeads = prometheus.NewDesc("brink_refused_heads_total",
		"Request heads refused as malformed, too large or too slow, by fault. A rise means a broken client or somebody who tries things.",
		[]string{"fault"}, nil)
)

// collector reads the newest meter of a node.
type collector struct{ node *node }

// Collector returns a collector for the node that m belongs to: one is enough,
// it follows With.
func (m *Meter) Collector() prometheus.Collector { return collector{m.node} }

// Describe implements prometheus.Collector.
func (collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descRequests, descRefused, descStored, descCollapsed, descFetched, descResponses, descBytes,
		descLatency, descAccepted, descActive, descHeads,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	var all [groupCount]histogram
	for _, s := range c.node.current.Load().distinct() {
		sum := s.sum()
		collectSite(ch, s.name, sum)
		for g := range all {
			all[g].merge(&sum.latency[g])
		}
	}
	for g := range all {
		ch <- constHistogram(&all[g], group(g).String())
	}
	n := &c.node.connections
	ch <- count(descAccepted, n.accepted.Load())
	ch <- prometheus.MustNewConstMetric(descActive, prometheus.GaugeValue, float64(n.active()))
	for i, fault := range n.faults {
		ch <- count(descHeads, n.refused[i].Load(), fault)
	}
}

// collectSite emits the series of a site. Those by reason appear once they
// have counted something: most pairs of outcome and reason cannot occur. A hit
// in RAM, one on disk and a plain miss are always there, so that ratios have a
// zero to begin from.
func collectSite(ch chan<- prometheus.Metric, name string, c *counts) {
	for o := range c.requests {
		for r, n := range c.requests[o] {
			if n > 0 || always(message.Outcome(o), message.Reason(r)) {
				ch <- count(descRequests, n, name, message.Outcome(o).String(), message.Reason(r).String())
			}
		}
	}
	for r, n := range c.refusals {
		if n > 0 {
			ch <- count(descRefused, n, name, message.Reason(r).String())
		}
	}
	for k, n := range c.responses {
		ch <- count(descResponses, n, name, class(k).String())
	}
	ch <- count(descStored, c.stored, name)
	ch <- count(descCollapsed, c.collapsed, name)
	ch <- count(descFetched, c.fetched, name)
	ch <- count(descBytes, c.bytes, name)
}

func always(o message.Outcome, r message.Reason) bool {
	return o == message.Hit && (r == message.ReasonNone || r == message.ReasonDisk) || o == message.Miss && r == message.ReasonURIMiss
}

func count(d *prometheus.Desc, n uint64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
}

func constHistogram(h *histogram, label string) prometheus.Metric {
	buckets := make(map[float64]uint64, boundCount)
	var n uint64
	for i := range boundCount {
		n += h.buckets[i]
		buckets[bound(i).Seconds()] = n
	}
	n += h.buckets[boundCount]
	m, err := prometheus.NewConstHistogram(descLatency, n, float64(h.sum)/1e9, buckets, label)
	if err != nil {
		panic(fmt.Sprintf("BUG: histogram of %s: %v", label, err))
	}
	return m
}
