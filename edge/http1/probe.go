package http1

import "brink/edge/engine"

var (
	// opening is the beginning of every response.
	opening = []byte("HTTP/1.1 ")
	// zero may stand before every chunk's size, and before the last chunk's, too
	// (RFC 9112 section 7.1).
	zero = []byte("0")
)

// ahead says which bytes were sent before the rest of the head or chunk that they begin.
//
// While "0" is all that was sent of a chunk, some clients take the end of the connection
// for the end of the content: they read a last chunk. So the socket is set to end with a
// reset until the rest of the chunk is sent, even if the process dies.
type ahead struct {
	opening bool // of the next response
	zero    bool // of the next chunk's size
}

// probe sends bytes to a client that has ended its sending, if some may be sent
// now, and does not wait.
func (s *session) probe() fin {
	if !s.early.TryLock() {
		return finNone // an interim response is on its way, or a wait begins or ends
	}
	defer s.early.Unlock()
	nc, a := s.conn.net, &s.ahead
	switch {
	case s.begun && !s.silent:
		return finSeen
	case s.begun:
		a.zero = a.zero || writeZero(nc)
		if !a.zero {
			return finSeen
		}
	default:
		a.opening = a.opening || nc.WriteAtOnce(opening)
		if !a.opening {
			return finNone
		}
	}
	s.conn.watch.wrote.Add(1)
	return finProbed
}

// writeZero writes "0", and reports whether the client gets it. From then on the
// connection ends with a reset.
func writeZero(nc *engine.Conn) bool {
	if nc.ResetOnClose(true) != nil {
		return false
	}
	if !nc.WriteAtOnce(zero) {
		_ = nc.ResetOnClose(false)
		return false
	}
	return true
}

// consumeAhead returns how many bytes of a response were sent already.
func (s *session) consumeAhead() int {
	if !s.ahead.opening {
		return 0
	}
	s.ahead.opening = false
	return len(opening)
}

// await waits for the stream's next bytes. All before them is written. Meanwhile probe
// may send the beginning of the next chunk.
func (s *session) await() ([]byte, error) {
	s.setSilent(s.chunks)
	defer s.setSilent(false)
	return s.x.Reply.Stream.Next(true)
}

func (s *session) setSilent(silent bool) {
	s.early.Lock()
	s.silent = silent
	s.early.Unlock()
}

// flushContent writes the output, whose chunks follow a "0" that was sent ahead.
func (s *session) flushContent() error {
	err := s.flush()
	if err == nil && s.ahead.zero {
		s.ahead.zero = false
		err = s.conn.net.ResetOnClose(false)
	}
	return err
}
