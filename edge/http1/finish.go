package http1

import (
	"errors"
	"runtime/debug"
	"syscall"

	"brink/edge/message"
)

// finish ends an exchange whose reply was sent, or failed with err.
func (s *session) finish(err error) outcome {
	c := s.conn
	c.watch.end()
	if s.body != nil {
		s.body.seal()
	}
	s.done(err)
	s.x.Reply = message.Reply{}
	clear(s.runs[:])
	s.x.Request.Body = nil
	scribble(s.used)
	s.used = nil
	scribble(s.url[:cap(s.url)])
	scribble(s.x.Scratch[:cap(s.x.Scratch)])
	scribble(s.x.KeyText[:cap(s.x.KeyText)])
	b := s.body
	s.body = nil
	if err != nil || !s.reply.keep {
		return s.close(b, err)
	}
	if b != nil {
		if !b.drain() {
			return s.close(b, nil)
		}
		b.close()
	}
	if c.engine.Draining() {
		return s.close(nil, nil)
	}
	c.awaitRequest()
	return proceed
}

// close says how the connection must end.
func (s *session) close(b *body, err error) outcome {
	if b != nil {
		b.close()
	}
	switch {
	case err == nil:
		s.conn.closing = closeLingering
	case err == errNoAnswer || err == errTunnelled:
		s.conn.closing = closeNow
	case (err == errBroken || err == errWrongSize) && !s.reply.open:
		// The client sees that bytes are missing. A reset could destroy earlier
		// replies that it has not read yet.
		s.conn.closing = closeLingering
	default:
		s.conn.closing = closeReset
	}
	s.conn.unread = s.r < s.w || b != nil && !b.complete() || s.refusal.Status != 0
	return finished
}

// done tells the handler, or the observer, how the reply ended.
func (s *session) done(err error) {
	e := s.conn.engine
	defer func() {
		if v := recover(); v != nil {
			s.reply.keep = false
			e.Observer.Panicked(&s.x, v, debug.Stack())
		}
	}()
	if f := s.refusal; f.Status != 0 {
		e.Observer.Refused(&s.x, f.Status, f.What)
		return
	}
	e.Handler.Done(&s.x, s.sent(err))
}

func (s *session) sent(err error) message.Sent {
	if err == nil || err == errTunnelled {
		return message.Sent{Bytes: s.reply.content, Complete: true}
	}
	n := s.out.total - s.reply.begins - s.reply.framing
	return message.Sent{Bytes: max(0, min(n, s.reply.content)), Left: errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)}
}
