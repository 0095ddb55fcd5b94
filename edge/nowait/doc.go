// Package nowait reads and writes sockets that do not block.
//
// Around a system call, the runtime tells the scheduler, so that another thread can take
// over the processor if the call lasts. A call on such a socket does not wait. But over
// loopback a write of some 10 KiB takes as long as the scheduler's monitor allows. The
// monitor then takes the processor away, stays awake, and wakes a thread for every few
// writes. A call of this package keeps its processor. The garbage collector must wait for
// it, so one call moves a bounded number of bytes (Most).
//
// Under the race detector, and on other systems than Linux, the calls are the
// ordinary ones.
package nowait

const (
	Most   = 1 << 20 // how many bytes one call moves at most
	Pieces = 8       // and how many pieces
)
