// Package disk is the tier below RAM. It keeps objects in two pebble databases in one
// directory, so that they outlive the process. Package store calls it through the interface
// store.Disk. It decides neither what is stored nor what a purge covers.
//
// One database is the log. Its keys are positions, which only grow. Its records are runs
// (pieces of bodies) and heads (which list the positions of their runs). To make room, a
// segment (a range of positions) is dropped as a whole. Before that, objects that were read
// since they were written are copied to the end of the log (rescue). The other database is
// the index of positions: it maps each key to the position of its object's head.
//
// The two databases do not order their writes with each other, and a crash loses the newest
// writes. So each record can be checked by itself: its checksum covers its position too, and
// a head has the whole text of its key. A record that is missing or does not match is a miss,
// and its index entry is deleted. If the files of the index are not as they were at a clean
// shutdown (see clean.go), both databases are given up, because that index may name objects
// that were replaced since.
//
// A RAM hit never comes here. Whole objects are written after the client has been served, by
// one goroutine, from a bounded queue that drops objects when it is full. Only a body that
// overflows memory is written while it arrives (stream). A call of pebble on a failed disk
// may never return. So reads run in a bounded number of separate goroutines.
//
// The files:
//
//	tier, state             what store calls, and whether it is in service
//	queue, writer, stream   writing to the log; stream: a body while it arrives
//	record, load            the format, and reading from the log
//	segment, evict          ranges of the log, and which one is dropped next
//	database, databases, index, clean, guard, watch, room
//	                        pebble and the file system
//	open, supervise, overseer, giveup
//	                        failures of pebble and the file system
//	directory, compact, inspect, verify
//	                        work on a directory that no node uses
//
// Lock order: Tier.mu, then queue.mu. All other locks are leaves. Only room.mu is held during
// I/O. store calls Save and Delete with a lock of its own held, so these never wait for a disk.
//
// Glossary:
//
//	run         a piece of a body, at most store.RunSize bytes.
//	head        the record of an object without its body, or with a short one.
//	position    the number of a record in the log. No position is used twice.
//	epoch       the part of a position that grows with each start.
//	segment     the unit of eviction: a range of positions.
//	rescue      copy an object, if it was read, to the end of the log before its segment is dropped.
//	room        a file that only reserves space. It is deleted when the disk is full.
//	guard       the layer between pebble and the file system, for one opening of the databases.
//	cut off     said of a guard that lets nothing through any more.
//	give up     never use these databases again. Others replace them: new ones,
//	            or ones from an earlier start.
//	overseer    checks whether the databases in service are slow, and whether the disk is full.
//	lease       a number that gives one writer the right to take from the queue. A new writer gets
//	            the next number. The old writer, which may hang, gets no more work.
package disk
