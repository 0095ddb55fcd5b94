// Package purger calls a node's purge API. The examples beside it share it, and your own
// program needs nothing else.
package purger
