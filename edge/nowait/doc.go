// Package nowait reads and writes sockets that do not block, with raw system calls. The
// engines and origin call it.
//
// Around an ordinary system call, a goroutine releases its P (the scheduler's processor), so
// that another thread can take it if the call is long. A call on a socket that does not block
// is never long. But over loopback a write of some 10 KiB takes about as long as sysmon, the
// runtime's monitor, waits before it takes a P away. Then sysmon does not go back to sleep,
// and starts a thread every few writes. That costs CPU time. A raw call keeps its P. The
// garbage collector must wait for it, so one call moves a bounded number of bytes (Most).
//
// Under the race detector, and on other systems than Linux, the calls are the
// ordinary ones.
package nowait

const (
	Most   = 1 << 20 // how many bytes one call moves at most
	Pieces = 8       // and how many pieces
)
