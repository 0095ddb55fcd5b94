package http1

import (
	"runtime/debug"

	"brink/edge/engine"
)

// refuse has the engine answer the request and close the connection.
func (s *session) refuse(status int, what string) outcome {
	s.refusal = engine.Refusal{Status: status, What: what}
	return needWait
}

// answer makes the reply one of the engine's own.
func (s *session) answer(r engine.Refusal) {
	s.x.Reply = r.Reply(&s.own, s.runs[:0], s.x.Now)
}

// handle has the handler answer, or else answers for it.
func (s *session) handle() {
	defer func() {
		if v := recover(); v != nil {
			s.panicked(v)
		}
	}()
	h := s.conn.engine.Handler
	if s.body != nil && h.TryServe(&s.x) {
		return
	}
	h.Serve(&s.x)
}

func (s *session) tryServe() (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.panicked(v)
			ok = true
		}
	}()
	return s.conn.engine.Handler.TryServe(&s.x)
}

// panicked reports a panic and leaves a reply that says so, in case nothing
// was sent yet.
func (s *session) panicked(v any) {
	s.conn.engine.Observer.Panicked(&s.x, v, debug.Stack())
	p := &s.x.Reply
	if p.Stream != nil {
		p.Stream.Close()
	}
	if p.Tunnel != nil {
		_ = p.Tunnel.Close()
	}
	s.answer(engine.Refusal{Status: 500, What: "a fault of the node"})
}
