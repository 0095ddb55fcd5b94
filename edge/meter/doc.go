// Package meter counts requests by site, outcome and reason, with their latencies and
// bytes. It also counts client connections. One prometheus.Collector reads the counts at
// scrape time.
//
// Package edge calls it at the end of each request. It gets facts of the request as numbers
// and enumerations, never the request. Labels come only from enumerations and configured
// names, so that no client can make a new series.
//
// A site's counts are in cells, so that processors do not wait for each other: each cell has
// a part of all counts, and they are added up at scrape time. Lock order: cell.mu is a leaf.
package meter
