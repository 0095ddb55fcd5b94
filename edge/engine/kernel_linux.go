package engine

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"

	"brink/edge/nowait"
)

func rawOf(t *net.TCPConn) syscall.RawConn {
	raw, err := t.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// ask calls f with the descriptor. It reports false if there is none, or none any more.
func (c *Conn) ask(f func(fd int)) bool {
	return c.raw != nil && c.raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// Ended asks the kernel which directions of the connection have ended. A connection that
// this side has closed has ended.
func (c *Conn) Ended() (e End) {
	asked := c.ask(func(fd int) {
		p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(p[:], 0)
		switch {
		case err != nil || n == 0:
		case p[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0:
			e = EndAll
		default:
			e = EndSending
		}
	})
	if !asked && c.raw != nil {
		return EndAll
	}
	return e
}

// Empty reports whether the kernel has no bytes that were not read.
func (c *Conn) Empty() bool {
	empty := true
	c.ask(func(fd int) {
		var p [1]byte
		n, _, err := unix.Recvfrom(fd, p[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
		empty = err == unix.EAGAIN || err == nil && n == 0
	})
	return empty
}

// Unsent returns how many bytes the kernel holds that the client has not acknowledged.
func (c *Conn) Unsent() (n int64) {
	c.ask(func(fd int) { n = nowait.Unsent(fd) })
	return n
}

// Acked returns how many bytes the client has acknowledged since the connection began.
func (c *Conn) Acked() (n uint64) {
	c.ask(func(fd int) {
		if info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Bytes_acked
		}
	})
	return n
}

// BoundUnsent makes the kernel buffer at most n bytes that it cannot send yet; 0: as many
// as fit into its buffer.
func (c *Conn) BoundUnsent(n int) {
	c.ask(func(fd int) {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n) // older kernels do not have this option
	})
}

func (c *Conn) writeDirectly(p []byte) (whole bool) {
	c.ask(func(fd int) {
		n, err := nowait.Write(fd, p)
		whole = n == len(p)
		if err == nil && !whole {
			go c.Cut() // it waits for the descriptor
		}
	})
	return whole
}
