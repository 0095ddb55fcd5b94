// Package engine is what the engines of all protocols share: the limits on client
// connections. It counts the connections of the process, the memory that they hold
// and what each client address has open, and decides which connection is closed
// when one of these runs out.
//
// The least advanced connection gives way:
//
//	1  an unfinished head that began more than a second ago, the oldest first
//	2  an idle connection: of a sample, the one that has waited longest for its next request
//	3  a younger head, the oldest first
//	-  a request under way never: the new connection waits, or is refused
//
// A new connection counts as a head of which nothing has come yet. Within the second it
// is most likely a client some way off, and worth more than one that waits for nothing.
//
// A connection that answers hits does not touch anything here between two
// requests: it joins the unfinished heads only if a head does not come in one piece,
// and is found idle by asking its engine.
//
// It never reads or writes a connection, and knows no protocol.
//
// Lock order: clients.mu before gate.mu. Limits.mu and heads.mu are leaves.
package engine
