package listen

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// reserve is a file descriptor kept for the moment when there is no other.
// Only the goroutine that accepts uses it.
type reserve struct{ file *os.File }

func (r *reserve) held() bool { return r.file != nil }

// fill takes a descriptor and reports whether there was one.
func (r *reserve) fill() bool {
	if r.file == nil {
		r.file, _ = os.Open(os.DevNull)
	}
	return r.file != nil
}

// release gives the descriptor up and reports whether there was one.
func (r *reserve) release() bool {
	if r.file == nil {
		return false
	}
	_ = r.file.Close()
	r.file = nil
	return true
}

func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// steadfast is a listener that does not pause when no file descriptor is left.
type steadfast struct {
	net.Listener

	reserve reserve
}

// Steadfast returns ln with one descriptor in reserve. When no other is left, Accept uses
// the reserve, and then waits until one is free instead of returning an error: after an
// error net/http would pause for up to a second. Only one goroutine may call Accept.
func Steadfast(ln net.Listener) net.Listener {
	s := &steadfast{Listener: ln}
	s.reserve.fill()
	return s
}

func (s *steadfast) Accept() (net.Conn, error) {
	for {
		nc, err := s.Listener.Accept()
		switch {
		case err == nil:
			s.reserve.fill()
			return nc, nil
		case !exhausted(err):
			s.reserve.release()
			return nil, err
		case !s.reserve.release():
			time.Sleep(firstPause)
		}
	}
}
