package origin

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"brink/edge/nowait"
)

// errSpoilt: something had arrived on a kept connection before the request was sent.
// The request has not been sent.
var errSpoilt = errors.New("the connection is not quiet")

// ask sends a request over plain TCP and waits for the first bytes of the
// response, inside one wait for the descriptor. It allocates nothing once made.
//
// The runtime's poller is edge-triggered: a wait misses bytes that arrived before it
// began. So the first step, inside the wait, reads once. If there was nothing, it waits
// for the response without another read that would only fail.
type ask struct {
	raw  syscall.RawConn // nil: there is no descriptor to ask
	step func(fd uintptr) bool

	unsent []byte
	into   []byte // nil: the response is not waited for
	kept   bool   // nothing may have come yet
	probe  [16]byte
	probed int // bytes in probe that had come on a kept connection
	n      int
	err    error
}

// bind sets the connection that a uses.
func (a *ask) bind(c net.Conn) {
	a.raw = descriptor(c)
	a.step = a.proceed
}

// do sends request and then reads the first bytes of the response into into, unless
// that is nil. unsent is the part that the socket did not take at once; do has not
// waited for the response then. If unsent is not empty, err is an error of sending or
// errSpoilt, else an error of receiving.
func (a *ask) do(request, into []byte, kept bool) (unsent []byte, n int, err error) {
	a.unsent, a.into, a.kept, a.n, a.err = request, into, kept, 0, nil
	err = a.raw.Read(a.step)
	if err == nil {
		err = a.err
	}
	unsent = a.unsent
	a.unsent, a.into = nil, nil
	return unsent, a.n, err
}

// proceed is called at the beginning and whenever there may be something to
// read. It returns false to wait.
func (a *ask) proceed(fd uintptr) bool {
	if len(a.unsent) == 0 {
		return a.receive(int(fd))
	}
	switch {
	case a.kept && !a.silent(int(fd)):
		a.err = errSpoilt
		return true
	case !a.send(int(fd)) || a.into == nil:
		return true
	case a.kept:
		return false
	}
	// On a fresh connection the server may have spoken first.
	return a.receive(int(fd))
}

// silent reports whether there is nothing to read: no bytes, no end and no error. The
// bytes that it reads are lost.
func (a *ask) silent(fd int) bool {
	n, err := nowait.Read(fd, a.probe[:])
	a.probed = max(n, 0)
	return err == syscall.EAGAIN
}

// send reports whether the socket has taken all.
func (a *ask) send(fd int) bool {
	for {
		n, err := nowait.Write(fd, a.unsent)
		switch err {
		case nil:
			a.unsent = a.unsent[n:]
			return len(a.unsent) == 0
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
		default:
			a.err = os.NewSyscallError("write", err)
			return false
		}
	}
}

// receive reports false if there was nothing to read.
func (a *ask) receive(fd int) bool {
	n, err := nowait.Read(fd, a.into)
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		a.err = os.NewSyscallError("read", err)
	case n == 0:
		a.err = io.EOF
	default:
		a.n = n
	}
	return true
}

// descriptor returns the way to c's descriptor, nil if there is none.
func descriptor(c net.Conn) syscall.RawConn {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
