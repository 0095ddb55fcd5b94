// Package accesslog writes one line for each request, as JSON or in the combined
// format. A request never waits for it: the line goes into a bounded buffer in memory,
// and one goroutine writes the buffers out. If the buffers are full, because a pipe or a
// disk is too slow, lines are dropped and counted.
//
// It trusts no byte of a request. Whatever a client sends, an entry is one line of
// printable ASCII, and no field is longer than 8 KiB.
//
// Lines are in the order in which their replies ended, except for replies that end during a
// flush. A reader that needs the exact order can sort by time.
//
// Package edge calls it at the end of each request. The buffer has a few stripes, each with
// a lock. Lock order: Log.mu, then stripe.mu. The file is not written under stripe.mu.
package accesslog
