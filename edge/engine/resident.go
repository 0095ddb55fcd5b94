package engine

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// Unseen returns how many bytes of resident memory the Go runtime does not count: mapped
// files, the program among them, and files in memory. 0: the system does not say.
func Unseen() int64 {
	// Fields of statm, in pages: size resident shared ...
	text, err := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(text)
	if err != nil || len(fields) < 3 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[2]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// OpenFiles returns how many file descriptors the process may have. The Go runtime has
// raised the soft limit to the hard limit.
func OpenFiles() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil || l.Cur > 1<<30 {
		return 1 << 30
	}
	return int(l.Cur)
}

// Kernel returns about how many bytes the kernel holds for n connections.
func Kernel(n int) int64 { return int64(n) * kernelCost }

const kernelCost = 2 << 10 // of a connection's socket and file, measured
