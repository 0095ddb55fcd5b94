package listen

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// unpaced has connections from the machine itself, to a listener that takes no
// others, use a congestion control that does not space packets out by timers, as
// BBR does: there is no line whose queue could fill, and the timers cost more
// than the packets.
func unpaced(_, address string, c syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !net.ParseIP(host).IsLoopback() {
		return nil
	}
	return c.Control(func(fd uintptr) {
		// Without it, it is slower.
		_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
	})
}
