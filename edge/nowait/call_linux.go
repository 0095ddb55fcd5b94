//go:build linux && !race

package nowait

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func read(fd int, p []byte) (n int, err error) {
	p = p[:min(len(p), Most)]
	return result(syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p))))
}

// Write writes as many bytes as the descriptor takes at once.
func Write(fd int, p []byte) (n int, err error) {
	p = p[:min(len(p), Most)]
	return result(syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p))))
}

// Writev writes up to Pieces pieces, as far as the descriptor takes them at once.
func Writev(fd int, pieces [][]byte) (n int, err error) {
	var vec [Pieces]unix.Iovec
	left, used := Most, 0
	for _, p := range pieces[:min(len(pieces), Pieces)] {
		p = p[:min(len(p), left)]
		vec[used].Base = unsafe.SliceData(p)
		vec[used].SetLen(len(p))
		left -= len(p)
		used++
	}
	return result(syscall.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vec)), uintptr(used)))
}

// SendMore is Write of bytes that should share a packet with the ones that follow at
// once.
func SendMore(fd int, p []byte) (n int, err error) {
	p = p[:min(len(p), Most)]
	r, _, e := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_MORE, 0, 0)
	return result(r, 0, e)
}

// Sendfile writes up to n bytes of a file, from the offset *at on, as far as the descriptor
// takes them at once. It moves *at behind them.
func Sendfile(fd, file int, at *int64, n int64) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_SENDFILE, uintptr(fd), uintptr(file), uintptr(unsafe.Pointer(at)), uintptr(min(n, Most)), 0, 0)
	return result(r, 0, e)
}

// result makes errors that allocate nothing where they are common.
func result(r, _ uintptr, e syscall.Errno) (int, error) {
	switch e {
	case 0:
		return int(r), nil
	case unix.EAGAIN:
		return 0, unix.EAGAIN
	}
	return 0, e
}
