package origin

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// poll asks the kernel, without waiting, whether a socket has something to
// read: bytes, the end or an error. It allocates nothing once made.
type poll struct {
	raw syscall.RawConn // nil: cannot be asked
	ask func(fd uintptr)
	fds [1]unix.PollFd
	hit bool
}

// bind makes p ask about c.
func (p *poll) bind(c net.Conn) {
	p.raw = descriptor(c)
	p.ask = func(fd uintptr) {
		p.fds[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
		n, err := unix.Poll(p.fds[:], 0)
		for err == unix.EINTR {
			n, err = unix.Poll(p.fds[:], 0)
		}
		p.hit = err != nil || n > 0
	}
}

// readable reports true where in doubt.
func (p *poll) readable() bool {
	if p.raw == nil {
		return true
	}
	p.hit = true
	if err := p.raw.Control(p.ask); err != nil {
		return true
	}
	return p.hit
}
