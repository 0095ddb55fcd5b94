//go:build unix

package nowait

import "syscall"

// Read reads from a descriptor that does not block. Errors are of type
// syscall.Errno: EAGAIN if nothing has come yet, never EINTR.
func Read(fd int, p []byte) (n int, err error) {
	for {
		n, err = read(fd, p)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
