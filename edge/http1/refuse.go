package http1

import (
	"runtime/debug"
	"strconv"
	"time"

	"brink/edge/message"
	"brink/edge/wire"
)

// refusal is a request that the engine answers by itself. Status 0: none.
type refusal struct {
	status int
	what   string
}

// refuse has the engine answer the request and close the connection.
func (s *session) refuse(status int, what string) verdict {
	s.refusal = refusal{status, what}
	return waiting
}

// answer makes the engine's own reply.
func (s *session) answer(status int, what string, why message.Reason) {
	p, h := &s.x.Reply, &s.own
	*p = message.Reply{}
	h.Begin(status)
	now := time.Unix(0, int64(s.x.Now)).UTC()
	h.Add(wire.Date.Bytes(), now.AppendFormat(nil, "Mon, 02 Jan 2006 15:04:05 GMT"))
	h.Add(wire.ContentType.Bytes(), []byte("text/plain; charset=utf-8"))
	h.Add(wire.CacheControl.Bytes(), []byte("no-store"))
	if status == 405 {
		h.Add(wire.Allow.Bytes(), []byte("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
	}
	text := strconv.Itoa(status) + " " + wire.Reason(status) + ": " + what + "\n"
	p.Head, p.Body, p.Length = h, append(s.runs[:0], []byte(text)), int64(len(text))
	p.Close = true
	p.Status = message.CacheStatus{Outcome: message.Refused, Reason: why}
	if why == message.ReasonPanic {
		p.Status.Outcome = message.Failed
	}
}

func reasonOf(status int) message.Reason {
	switch status {
	case 405:
		return message.ReasonMethodRefused
	case 413:
		return message.ReasonBodyTooLarge
	case 417:
		return message.ReasonExpectation
	case 421:
		return message.ReasonUnknownHost
	}
	return message.ReasonBadRequest
}

// handle has the handler answer, or else answers for it.
func (s *session) handle() {
	defer func() {
		if v := recover(); v != nil {
			s.panicked(v)
		}
	}()
	h := s.conn.engine.handler
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
	return s.conn.engine.handler.TryServe(&s.x)
}

// panicked reports a panic and leaves a reply that says so, in case nothing
// was sent yet.
func (s *session) panicked(v any) {
	s.conn.engine.observer.Panicked(&s.x, v, debug.Stack())
	p := &s.x.Reply
	if p.Stream != nil {
		p.Stream.Close()
	}
	if p.Tunnel != nil {
		_ = p.Tunnel.Close()
	}
	s.answer(500, "a fault of the node", message.ReasonPanic)
}
