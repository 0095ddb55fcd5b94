// Package disk is the tier below RAM. It keeps objects in two pebble databases in one
// directory, so that they outlive the process.
//
// The log holds records under positions that only grow: runs, which are pieces of bodies,
// and heads, which name the positions of their runs. A record is never moved, but one
// that was read since it was written is written again before its segment is dropped. To
// make room, the oldest segment is dropped as a whole (evict). The index says for each
// key at which position the head of its object is.
//
// The two databases do not order their writes with each other, and a crash loses the
// newest writes. So each record proves itself: it holds its own position, the whole text
// of its key and a checksum. A record that is missing or does not match is a miss, and
// its index entry is deleted. If the index is not as it was when it was closed (clean),
// both databases are given up, because the index may name objects that were replaced
// since.
//
// A RAM hit never comes here. Writes happen after the client has been served: one
// goroutine works off a bounded queue, which drops what it has no room for. Reads run
// in a bounded number of goroutines, because a call of pebble may never return: a
// database whose disk has failed keeps its locks.
//
// The files follow an object: tier (all of it) and state, queue and writer (into the
// log), stream (a body while it arrives), record (the format), load (out of the log),
// segment and evict (the end). database, databases, index, clean, guard, watch and room deal with pebble
// and the file system; open, supervise, overseer and giveup with its failures; directory,
// compact, inspect and verify with a directory that no node uses.
//
// Glossary:
//
//	run         a piece of a body, at most store.RunSize bytes.
//	head        the record of an object without its body, or with a short one.
//	position    the number of a record in the log. No position is used twice.
//	epoch       the part of a position that grows with each start.
//	segment     the unit of eviction: a range of positions.
//	rescue      write a used object again before its segment is dropped.
//	room        a file that only reserves space. It is deleted when the disk is full.
//	guard       stands between pebble and the file system, for one opening of the databases.
//	cut off     a guard lets nothing through any more.
//	give up     stop using databases for ever. New ones are opened, or made.
//	overseer    watches the databases in service: are they slow, or is the disk full?
//	lease       the number of the writer that has the queue.
package disk
