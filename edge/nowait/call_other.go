//go:build unix && (!linux || race)

package nowait

import "syscall"

func read(fd int, p []byte) (n int, err error) {
	n, err = syscall.Read(fd, p[:min(len(p), Most)])
	return max(n, 0), err
}

// Write writes as many bytes as the descriptor takes at once.
func Write(fd int, p []byte) (n int, err error) {
	n, err = syscall.Write(fd, p[:min(len(p), Most)])
	return max(n, 0), err
}
