//go:build !linux

package http1

// socket is the direct way to a descriptor, which is known for Linux only.
// There is never one elsewhere: connections are read and written through
// net.Conn.
type socket struct {
	fd   int
	last bool
}

func newSocket(*conn) *socket { return nil }

func (*socket) receive() (verdict, error)      { panic("BUG: no socket") }
func (*socket) flush(*session) error           { panic("BUG: no socket") }
func (*socket) flushNow(*output) (bool, error) { panic("BUG: no socket") }
func (*socket) ended() end                     { panic("BUG: no socket") }
func (*socket) writeWhole([]byte) bool         { panic("BUG: no socket") }
func (*socket) writeZero() bool                { panic("BUG: no socket") }
func (*socket) unsent() int64                  { panic("BUG: no socket") }
func (*socket) bound(int)                      { panic("BUG: no socket") }
func (*socket) empty() bool                    { panic("BUG: no socket") }
