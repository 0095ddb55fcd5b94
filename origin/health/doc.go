// Package health decides from the outcome of requests whether a server is asked, and
// whether its connections are used again. A State is a plain value: the time is an
// argument, and nothing here reads a clock, waits or locks.
//
// This is passive health checking with a circuit breaker: there are no probes, and only the
// outcomes of fetches count. A server that fails is ejected for a while. Then one request is
// the trial (the breaker is half open), and its outcome decides for all the others.
package health
