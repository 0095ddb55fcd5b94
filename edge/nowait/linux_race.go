//go:build linux && race

package nowait

import "golang.org/x/sys/unix"

// Writev writes up to Pieces pieces, as far as the descriptor takes them at once.
func Writev(fd int, pieces [][]byte) (n int, err error) {
	n, err = unix.Writev(fd, pieces[:min(len(pieces), Pieces)])
	return max(n, 0), err
}

// SendMore is Write of bytes that should share a packet with the ones that follow at
// once.
func SendMore(fd int, p []byte) (n int, err error) {
	n, err = unix.SendmsgN(fd, p[:min(len(p), Most)], nil, nil, unix.MSG_MORE)
	return max(n, 0), err
}

// Sendfile writes up to n bytes of a file, from the offset *at on, as far as the descriptor
// takes them at once. It moves *at behind them.
func Sendfile(fd, file int, at *int64, n int64) (int, error) {
	k, err := unix.Sendfile(fd, file, at, int(min(n, Most)))
	return max(k, 0), err
}
