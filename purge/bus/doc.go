// Package bus delivers purges to all nodes of a fleet, to each in the same order and
// with the same numbers. The order is that of a stream of NATS JetStream; the number of
// a purge is its sequence number in the stream.
//
// The bus does not decide what a purge covers. It sends names, and each node makes
// rules of them with its own hash key.
//
// It does not take silence for good news. If a node may have missed messages, it first
// raises the floor in its log (see package purge), and only then applies newer purges. A
// node counts as in sync only if the stream's leader has said so a moment ago.
//
// A new stream begins at the number of microseconds since the Unix epoch. So if a stream
// is lost, its successor always has higher numbers.
//
// The files: message and report (what is sent), bus (the parts, start and end), server
// (the server in this process), stream (the stream's settings), follow (from the stream
// to the log), publish (from callers to the stream), later (the same without waiting),
// health (in sync or cut off), nodes (which node has applied what), members (which nodes
// there are), counts and metrics.
//
// Lock order: health.settling, then health.mu. No other lock is taken while one is held.
package bus
