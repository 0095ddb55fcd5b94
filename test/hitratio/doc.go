// Command hitratio replays traces over HTTP against brink, with and without a disk tier,
// and against nginx, Varnish and Traffic Server, each with the same budgets. It prints
// which share of the requests and of the bytes did not reach the origin. It counts at the
// origin, not by the servers' own statistics.
//
// The first half of a trace fills the caches, and only the second half is measured. There
// are two built-in traces, drawn from a fixed seed: URLs follow a Zipf law, sizes a
// log-normal law. One of them also has many URLs that are requested only once. The other
// servers come from Debian's packages.
package main
