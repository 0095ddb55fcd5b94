package http1

import "io"

// Hold keeps held with the connection (message.Client).
func (s *session) Hold(held io.Closer) bool {
	s.conn.letGo()
	s.conn.held = held
	return true
}

// Held returns what Hold keeps.
func (s *session) Held() io.Closer { return s.conn.held }

// letGo closes what the connection holds.
func (c *conn) letGo() {
	if c.held != nil {
		_ = c.held.Close()
		c.held = nil
	}
}
