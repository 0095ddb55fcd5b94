// Package engine has the limits on client connections that the engines of all
// protocols share. It counts the connections of the process, the memory that they hold
// and what each client address has open, and decides which connection is closed
// when one of these runs out.
//
// It closes connections in this order:
//
//	1  with a head that is incomplete after a second, the oldest first
//	2  idle: of a sample, the one that has been idle longest
//	3  with a younger incomplete head, the oldest first
//	-  never with a request under way: the new connection waits, or is refused
//
// A new connection counts as one with an incomplete head, of which nothing has come
// yet. In its first second it is most likely a client with a long round trip. So idle
// connections are closed first.
//
// A connection that answers hits does not call this package between two requests. It
// joins the incomplete heads only if a head does not come in one piece. To find idle
// connections, the package asks their owners.
//
// It never reads or writes a connection, and knows no protocol.
//
// Lock order: clients.mu before gate.mu. Limits.mu and heads.mu are leaves.
package engine
