//go:build linux && race

package nowait

import "golang.org/x/sys/unix"

// Writev writes what the descriptor takes at once of up to Pieces pieces.
func Writev(fd int, pieces [][]byte) (n int, err error) {
	n, err = unix.Writev(fd, pieces[:min(len(pieces), Pieces)])
	return max(n, 0), err
}
