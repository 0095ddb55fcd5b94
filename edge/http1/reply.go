package http1

import (
	"errors"
	"runtime/debug"
	"strconv"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

var (
	errNoAnswer   = errors.New("the handler left no answer")
	errBroken     = errors.New("the reply's stream broke off")
	errWrongSize  = errors.New("the reply's stream is not as long as announced")
	errPanicked   = errors.New("the handler panicked")
	errWrongReply = errors.New("BUG: the reply contradicts itself")
)

// send writes the whole reply.
func (s *session) send() (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.conn.engine.Observer.Panicked(&s.x, v, debug.Stack())
			err = errPanicked
		}
	}()
	s.early.Lock()
	s.begun = true
	s.early.Unlock()
	if s.refusal.Status != 0 {
		s.answer(s.refusal)
	}
	p := &s.x.Reply
	if p.Head == nil {
		return errNoAnswer
	}
	if p.Tunnel != nil && s.x.Request.Protocol == message.HTTP11 {
		return s.tunnel()
	}
	f := s.begin()
	if p.Stream != nil && f.Kind != wire.NoContent {
		return s.stream(f)
	}
	return s.flush()
}

// begin puts the reply's head into the output, and its content too unless
// there is a stream.
func (s *session) begin() wire.Framing {
	f, ok := s.frame()
	if !ok {
		s.panicked(errWrongReply)
		f, _ = s.frame()
	}
	p, o := &s.x.Reply, &s.out
	s.pace = engine.Pace{}
	s.reply = progress{keep: s.persists(f), open: f.Kind == wire.ByClose}
	o.open()
	b := append(o.buf, p.Head.Block[s.consumeAhead():]...)
	b = appendReplyFields(b, p)
	switch {
	case f.Kind == wire.ByChunks:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	case f.Length >= 0:
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, f.Length, 10)
		b = append(b, "\r\n"...)
	}
	switch {
	case !s.reply.keep:
		b = append(b, "Connection: close\r\n"...)
	case s.x.Request.Protocol == message.HTTP10:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	o.buf = append(b, "\r\n"...)
	s.reply.begins = o.end()
	if f.Kind == wire.ByLength && p.Stream == nil {
		s.content(f.Length)
	}
	return f
}

// content puts the reply's content, all of it, into the output.
func (s *session) content(n int64) {
	s.reply.content = n
	p := &s.x.Reply
	if p.File != nil && n > copyMax && s.conn.sock != nil {
		s.out.attach(p.File, p.FileOffset, n, p.Body)
		return
	}
	for _, run := range p.Body {
		if n <= copyMax {
			s.out.buf = append(s.out.buf, run...)
		} else {
			s.out.add(run)
		}
	}
}

// frame decides how the reply's content ends (RFC 9112 section 6). It reports
// false for a reply that cannot be.
func (s *session) frame() (f wire.Framing, ok bool) {
	p := &s.x.Reply
	status := p.Head.Status
	var n int64
	for _, run := range p.Body {
		n += int64(len(run))
	}
	switch {
	case status < 200 || status > 999 || p.Tunnel != nil:
		return f, false
	case status == 204:
		return wire.Framing{Length: -1}, true
	case status == 304 || s.x.Request.Method == message.HEAD:
		return wire.Framing{Length: p.Length}, true
	case p.Stream == nil:
		return wire.Framing{Kind: wire.ByLength, Length: n}, p.Length < 0 || p.Length == n
	case p.Length >= 0:
		return wire.Framing{Kind: wire.ByLength, Length: p.Length}, n <= p.Length
	case s.x.Request.Protocol == message.HTTP10:
		return wire.Framing{Kind: wire.ByClose, Length: -1}, true
	}
	return wire.Framing{Kind: wire.ByChunks, Length: -1}, true
}

// persists decides whether the connection goes on after the reply.
func (s *session) persists(f wire.Framing) bool {
	return !s.x.Reply.Close && s.refusal.Status == 0 && s.request.KeepAlive && f.Kind != wire.ByClose &&
		!s.conn.engine.Retired() && !s.conn.leaving.Load() && (s.body == nil || s.body.allowsKeepAlive())
}
