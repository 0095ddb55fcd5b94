package nowait

import "golang.org/x/sys/unix"

// Unsent returns how many bytes written to a socket the other end has not acknowledged.
func Unsent(fd int) int64 {
	n, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return int64(n)
}
