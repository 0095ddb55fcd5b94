// Package meter counts requests by site, outcome and reason, with their latencies and
// bytes. It also counts client connections. One prometheus.Collector reads the counts at
// scrape time.
//
// It never sees a request. Labels come only from enumerations and configured names, so
// that no client can make a new series.
//
// Lock order: cell.mu is a leaf. It is held for a few increments or one copy of a cell,
// and nothing is called under it.
package meter
