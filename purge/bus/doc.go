// Package bus delivers purges to all nodes of a fleet, to each in the same order and
// with the same numbers. The order is that of a stream of NATS JetStream; the number of
// a purge is its sequence number in the stream.
//
// The bus does not decide what a purge covers. It sends names, and each node makes
// rules of them with its own hash key.
//
// If a node may have missed messages, it first raises the floor in its log (see package
// purge), and only then applies newer purges. A node is in sync only if
// it has lately (within five polls) heard from the stream's leader, which has a quorum, what
// the newest message is, and has applied that message.
//
// A new stream begins at the number of microseconds since the Unix epoch. So the successor of
// a lost stream has higher numbers, as long as there is less than one purge in a microsecond
// and the clock is not behind.
//
// The files: message and report (what is sent), bus (the parts, start and end), server
// (the server in this process), stream (the stream's settings), follow (from the stream
// to the log), publish (from callers to the stream), later (the same without waiting),
// health (in sync or not), nodes (which node has applied what), members (which nodes
// there are), counts and metrics.
//
// cmd/brink makes the Bus, and edge publishes through it. Lock order: health.settling, then
// health.mu. All locks but health.settling are leaves.
package bus
