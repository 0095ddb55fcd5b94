// Command bench measures brink, nginx, Varnish and Traffic Server on this machine, one
// after the other in one run: requests a second and CPU time per request, for hits of
// several sizes and for misses. It prints a table with the ratio of brink's figures to
// those of each server, and writes it as JSON and as an SVG plot.
//
// Each server runs on processor 0 with one worker; the load (wrk) and the origin run on
// processor 1. Absolute figures differ between machines, so compare the ratios. The other
// servers and wrk come from Debian's packages.
package main
