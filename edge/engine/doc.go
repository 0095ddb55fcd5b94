// Package engine is what the engines of all protocols share: the limits on client
// connections. It counts the connections of the process, the memory that they hold
// and what each client address has open, and decides which connection is closed
// when one of these runs out.
//
// The least advanced connection gives way:
//
//	an unfinished head   the oldest first
//	an idle connection   of a sample, the one that has waited longest for its next request
//	a request under way  never: the new connection waits, or is refused
//
// A connection that answers hits does not touch anything here between two
// requests: it joins the unfinished heads only if a head does not come in one piece,
// and is found idle by asking its engine.
//
// It never reads or writes a connection, and knows no protocol.
//
// Lock order: clients.mu before gate.mu. Limits.mu and heads.mu are leaves.
package engine
