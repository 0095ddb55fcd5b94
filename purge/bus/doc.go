// Package bus delivers purges to all nodes of a fleet, to each in the same order and with the
// same numbers. The order comes from a stream of NATS JetStream, and the number of a purge is
// its sequence number there.
//
// The bus does not decide what a purge covers. It sends names, and each node makes
// rules of them with its own hash key.
//
// If a node may have missed messages, it first raises the floor in its log (see package
// purge), and only then applies newer purges. The stream's leader, which has a quorum, tells
// each node which message is the newest. A node is in sync only if it has heard this lately
// (within five polls) and has applied that message.
//
// The first number of a new stream is the time in microseconds since the Unix epoch. So the
// successor of a lost stream has higher numbers, as long as there is less than one purge in a
// microsecond and the clock is not behind the one that began the lost stream.
//
// The files: message and report (what is sent), bus (the parts, start and end), server
// (the server in this process), stream (the stream's settings), follow (from the stream
// to the log), publish (from callers to the stream), later (purges that wait for the fleet),
// health (in sync or not), nodes (which node has applied what), members (which nodes
// there are), counts and metrics.
//
// cmd/brink makes the Bus, and edge publishes through it. Lock order: health.telling, then
// health.mu. All locks but health.telling are leaves.
package bus
