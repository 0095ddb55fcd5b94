//go:build linux && !race

package nowait

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Read reads from a descriptor that does not block. Errors are of type
// syscall.Errno; EAGAIN says that there is nothing yet.
func Read(fd int, p []byte) (n int, err error) {
	p = p[:min(len(p), Most)]
	return result(syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p))))
}

// Write writes what the descriptor takes at once.
func Write(fd int, p []byte) (n int, err error) {
	p = p[:min(len(p), Most)]
	return result(syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p))))
}

// Writev writes what the descriptor takes at once of up to Pieces pieces.
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
