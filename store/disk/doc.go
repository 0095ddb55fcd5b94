// Package disk is the tier below RAM: objects that outlive the process, in two
// pebble databases in one directory.
//
// The log has records under ever-increasing positions: the pieces (runs) of
// bodies, and heads, which name the runs. What is written stands behind all that
// was, so nothing is ever rewritten to make order, and the oldest segment is
// dropped whole when room is needed (evict). The index says at which position
// the head of a key's object stands.
//
// Neither database orders its writes with the other's, and what was written last
// is lost in a crash. So a record proves itself: it carries its own position, its
// key's whole text and a checksum, and whatever is missing or does not fit is a
// miss, after which its index entry goes. An index that is not as it was closed
// (clean) is given up with its log: what it has may have been replaced since.
//
// Nothing here is on the path of a RAM hit. Writing is behind the client: a
// bounded queue, dropped when full, and one goroutine. Reading takes place in a
// bounded number of goroutines, since a call of pebble may never return: a
// database whose disk has failed keeps its locks.
//
// The files follow an object: tier (the whole, and its states), admit, queue and
// writer (into the log), record (its form), read and load (out of it), segment
// and evict (its end); database, clean, guard, open, supervise, overseer and giveup are about pebble.
package disk
