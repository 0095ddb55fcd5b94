// Package bus hands purges to all nodes of a fleet, each exactly in the order and
// under the number of one stream: the sequence of a stream of NATS JetStream is the
// purge's number.
//
// It never decides what a purge covers: what travels is names, and each node makes
// rules of them with its own key. It never trusts a silence: what may have been
// missed raises doubt in the log before anything newer is put in force, and a node
// counts as in sync only if the stream's leader has said so a moment ago.
//
// The stream begins at the time of its making, in microseconds, so that one which is
// made anew always numbers higher than the one that was lost.
//
// The files: message and report (what travels), bus (the parts, start and end),
// server (the one in this process), stream (what keeps the messages), follow (from
// the stream to the log), publish (from callers to the stream), later (the same
// without waiting), health (in sync or cut off), nodes (who has applied what),
// members (who there is), counts and metrics.
//
// Lock order: health.settling, then health.mu. No other lock is held while one is
// taken.
package bus
