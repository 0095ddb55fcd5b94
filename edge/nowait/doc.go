// Package nowait reads and writes sockets that do not block.
//
// The runtime's own calls tell the scheduler before and after, so that another
// thread can take over if they last. These cannot last, but over loopback a
// write of some 10 KiB takes as long as the scheduler's monitor allows before it
// does just that: it then stays awake, and wakes a thread for every few writes.
// A call of this package keeps its processor. What it moves at once is bounded
// (Most) for the sake of the garbage collector, which must wait for it.
//
// Under the race detector, and on other systems than Linux, the calls are the
// ordinary ones.
package nowait

const (
	Most   = 1 << 20 // how many bytes one call moves at most
	Pieces = 8       // and how many pieces
)
