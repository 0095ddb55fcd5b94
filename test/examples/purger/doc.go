// Package purger calls a node's purge API: what the examples beside it share,
// and all that a program of your own needs.
package purger
