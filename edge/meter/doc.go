// Package meter counts requests: by site, outcome and reason, with their
// latencies and bytes, and the connections that they came on. It is read at
// scrape time by one prometheus.Collector.
//
// It never sees a request: labels come from enumerations and configured names
// only, so that no client can make a series.
//
// Lock order: cell.mu is a leaf; nothing is called while it is held, and it is
// held for a few increments or one copy of a cell.
package meter
