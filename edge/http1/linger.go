package http1

import (
	"time"
)

const (
	lingerTime  = 10 * time.Second // how long a connection stays half closed
	lingerPause = 2 * time.Second  // how long it may be silent in that time
	lingerMax   = 64 << 20         // bytes that the client may send in that time
)

// linger closes the sending side and reads input until the client closes, too. On a
// closed connection the kernel would answer input with a reset, which can destroy the
// reply before the client has read it (RFC 9112 section 9.6).
//
// If all input was read, linger returns at once.
func (c *conn) linger() {
	if !c.unread && c.net.Observable() && c.net.Empty() {
		return
	}
	if c.net.CloseWrite() != nil {
		return
	}
	e := c.engine
	c.release()
	c.beginHead() // others may have its room
	c.account.Hold(0)
	var unread [2 << 10]byte
	until := e.Clock.Now() + lingerTime
	defer c.readBy.Clear()
	for total := 0; total < lingerMax; {
		now := e.Clock.Now()
		c.readBy.Set(min(now+lingerPause, until))
		n, err := c.net.ReadRest(unread[:])
		total += n
		now = e.Clock.Now()
		if now >= until || c.leaving.Load() || err != nil && (!isTimeout(err) || c.readBy.Passed(now)) {
			return
		}
		if err != nil {
			_ = c.net.SetReadDeadline(time.Time{})
		}
	}
}
