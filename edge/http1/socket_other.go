//go:build !linux

package http1

// socket is the direct way to a descriptor, which is known for Linux only.
// There is never one elsewhere: connections are read and written through
// net.Conn.
type socket struct{ fd int }

func newSocket(*conn) *socket { return nil }

func (*socket) receive() (outcome, error)      { panic("BUG: no socket") }
func (*socket) flush(*session) error           { panic("BUG: no socket") }
func (*socket) flushNow(*output) (bool, error) { panic("BUG: no socket") }
