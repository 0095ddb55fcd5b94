package http1

import "io"

// Hold implements message.Client.
func (s *session) Hold(held io.Closer) bool {
	s.conn.closeHeld()
	s.conn.held = held
	return true
}

// Held implements message.Client.
func (s *session) Held() io.Closer { return s.conn.held }

// closeHeld closes the value that Hold has kept.
func (c *conn) closeHeld() {
	if c.held != nil {
		_ = c.held.Close()
		c.held = nil
	}
}
