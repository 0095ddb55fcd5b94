package meter

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"brink/edge/message"
)

var (
	descRequests = prometheus.NewDesc("brink_requests_total",
		"Requests answered, by outcome and reason. A rise is traffic; a rise of miss, pass or failed against hit means that the origin gets more of it. Hits from disk have the reason disk, hits from RAM any other: a rise of disk means that RAM is too small for the responses that clients ask for.",
		[]string{"site", "outcome", "reason"}, nil)
	descRefused = prometheus.NewDesc("brink_store_refused_total",
		"Fetched responses that were not stored, by reason. A rise means that the origin's fields or a limit keep responses out of the cache, so that each such request costs a fetch.",
		[]string{"site", "reason"}, nil)
	descStored = prometheus.NewDesc("brink_store_accepted_total",
		"Responses that were fetched for a request and stored. A rise means new or changed content, or lifetimes that are too short.",
		[]string{"site"}, nil)
	descCollapsed = prometheus.NewDesc("brink_collapsed_requests_total",
		"Requests answered by the fetch of another request. A rise means many clients want the same URL while it is not stored.",
		[]string{"site"}, nil)
	descFetched = prometheus.NewDesc("brink_fetched_requests_total",
		"Requests for which the node asked an origin. A rise means that the cache keeps less load from the origin.",
		[]string{"site"}, nil)
	descResponses = prometheus.NewDesc("brink_responses_total",
		"Responses by class of their status; none is a connection that was closed without a response. A rise of 5xx means that the origin or the node fails. A rise of 4xx means that clients ask for pages that do not exist, or leave before they have the response (499).",
		[]string{"site", "class"}, nil)
	descBytes = prometheus.NewDesc("brink_response_content_bytes_total",
		"Content sent to clients. A rise is traffic; against a steady number of requests it means larger responses.",
		[]string{"site"}, nil)
	descLatency = prometheus.NewDesc("brink_request_duration_seconds",
		"Time from the request's head to the end of the reply, slow clients included. A rise of hit means that the node is short of CPU. A rise of miss or pass means that the origin is slow.",
		[]string{"outcome"}, nil)
	descAccepted = prometheus.NewDesc("brink_connections_accepted_total",
		"Client connections accepted. A rise against a steady number of requests means clients do not reuse connections.",
		nil, nil)
	descActive = prometheus.NewDesc("brink_connections_active",
		"Client connections that are open. A rise means more clients, or slower ones.",
		nil, nil)
	descHeads = prometheus.NewDesc("brink_refused_heads_total",
		"Request heads refused as malformed, too large or too slow, by fault. A rise means a broken client or an attack.",
		[]string{"fault"}, nil)
)

// collector reads the newest meter of a node.
type collector struct{ node *node }

// Collector returns a collector for the node that m belongs to. One is enough: after Show
// it shows the new meter.
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

// collectSite emits the series of a site. Most pairs of outcome and reason cannot occur,
// so a series with a reason appears only after its first request. Hits from RAM, hits from
// disk and plain misses always appear, so that ratios start at zero.
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
