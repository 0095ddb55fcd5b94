// Command hitratio replays traces over HTTP against brink, with and without a
// disk tier, nginx, Varnish and Traffic Server, each with the same budgets, and
// prints which part of the requests and of the bytes did not reach the origin.
// It counts at the origin, whatever a server says of itself.
//
// The first half of a trace warms the caches up, the second half counts. The
// built-in traces are drawn with a fixed seed: URLs by a Zipf law, sizes
// log-normal, and the same with one-hit wonders mixed in. The peers come from
// Debian's packages.
package main
