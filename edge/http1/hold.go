package http1

import "io"

// Hold keeps held with the connection (message.Client).
func (s *session) Hold(held io.Closer) bool {
	s.conn.closeHeld()
	s.conn.held = held
	return true
}

// Held returns what Hold keeps.
func (s *session) Held() io.Closer { return s.conn.held }

// closeHeld closes what the connection holds.
func (c *conn) closeHeld() {
	if c.held != nil {
		_ = c.held.Close()
		c.held = nil
	}
}
