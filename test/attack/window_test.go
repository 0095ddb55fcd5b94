package attack

import "syscall"

// smallWindow has the kernel read little ahead of a client (net.Dialer.Control).
func smallWindow(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 16<<10)
	}); err != nil {
		return err
	}
	return failed
}
