// Command bench measures brink beside nginx, Varnish and Traffic Server on
// this machine, in one run and in turn: requests a second and CPU time per
// request for hits of several sizes and for misses. It prints a table of
// ratios and writes it as JSON and as an SVG plot.
//
// Each server runs on processor 0 with one worker, the load (wrk) and the
// origin on processor 1. Absolute figures drift from machine to machine; the
// ratios are what counts. The peers and wrk come from Debian's packages.
package main
