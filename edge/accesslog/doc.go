// Package accesslog writes one line for each request, as JSON or in the combined
// format. A request never waits for it: the line goes into a bounded buffer in memory,
// and one goroutine writes the buffers out. If the buffers are full, because a pipe or a
// disk is too slow, lines are dropped and counted.
//
// It trusts no byte of a request. Whatever a client sends, an entry is one line of
// printable ASCII, and no field is longer than 8 KiB.
//
// Lines are in the order in which their replies ended. Two lines can change places only
// if their replies ended during a flush. A reader that needs the exact order can sort by
// time.
//
// Lock order: Log.mu, then stripe.mu. Nothing is written under stripe.mu.
package accesslog
