// Package accesslog writes one line a request, as JSON or in the combined
// format, without ever making a request wait: a line goes into a bounded
// buffer in memory and one goroutine writes the buffers out. Where they are
// full, because a pipe or a disk does not take more, lines are dropped and
// counted.
//
// It never trusts a byte of a request: whatever a client sends, an entry is
// one line of printable ASCII and no field is longer than 8 KiB.
//
// Lines come in the order in which their replies ended. Only where two ended
// while a flush went on can they change places; a reader to whom that matters
// sorts by time.
//
// Lock order: Log.mu, then stripe.mu. Nothing is written under stripe.mu.
package accesslog
