package http1

import (
	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// next makes the exchange of the next request at hand.
func (s *session) next() outcome {
	if !s.headEnds() {
		return needInput
	}
	s.reset()
	if s.fault != wire.None {
		return s.refuse(s.fault.Status(), s.fault.String())
	}
	s.used = s.in[s.r : s.r+s.head]
	s.r += s.head
	s.head, s.seen = 0, 0
	if fault := s.request.Parse(s.used, s.conn.engine.limits); fault != wire.None {
		return s.refuse(fault.Status(), fault.String())
	}
	return s.admit()
}

// headEnds reports whether the next head is complete, or known to be at fault
// already.
func (s *session) headEnds() bool {
	if s.head > 0 || s.fault != wire.None {
		return true
	}
	b := s.in[s.r:s.w]
	if !s.conn.skipped && len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
		// RFC 9112 section 2.2: one empty line before a request is ignored.
		s.conn.skipped = true
		s.r, s.seen = s.r+2, 0
		b = b[2:]
	}
	if len(b) == 0 {
		return false
	}
	s.head, s.fault = wire.HeadEnd(b, s.seen)
	s.seen = len(b)
	c := &s.conn.engine.Config
	if s.fault == wire.None && (s.head > c.MaxHead || s.head == 0 && len(b) > c.MaxHead) {
		s.fault = wire.Overflow(b[:min(len(b), c.MaxTarget+wire.MaxMethod)])
	}
	return s.head > 0 || s.fault != wire.None
}

// reset readies the exchange for another request.
func (s *session) reset() {
	x := &s.x
	x.Now = s.conn.engine.Config.Now()
	x.Request = message.Request{Peer: s.conn.net.Peer}
	x.Reply = message.Reply{Body: s.runs[:0]}
	s.answered, s.begun, s.chunks, s.ahead = false, false, false, ahead{}
	s.body = nil // of a request whose connection broke before it was served
	s.refusal = engine.Refusal{}
}

// admit fills in the exchange's request from the head.
func (s *session) admit() outcome {
	q, r := &s.request, &s.x.Request
	r.Method, r.Verb, r.Fields = message.MethodOf(q.Method), q.Method, q.Fields
	if q.Minor == 1 {
		r.Protocol = message.HTTP11
	}
	scheme, host := s.asked()
	r.Upgrade = q.Upgrade()
	if wire.ContainsToken(r.Upgrade, "h2c") {
		r.Upgrade = nil // not offered here, nor through here to an origin
	}
	switch {
	case r.Method == message.CONNECT:
		return s.refuse(405, "CONNECT")
	case len(q.Target) == 1 && q.Target[0] == '*' && r.Method != message.OPTIONS:
		return s.refuse(400, wire.BadTarget.String())
	}
	var fault message.URLFault
	s.url, fault = r.ParseURL(scheme, host, q.Target, s.url[:0])
	if fault != message.URLOK {
		return s.refuse(fault.Status(), fault.String())
	}
	return s.admitContent()
}

// asked returns the scheme and the host that the client asked for: the ones that a
// trusted proxy names. Without one, the scheme is the connection's, and the host is Host.
func (s *session) asked() (scheme string, host []byte) {
	c, r := s.conn, &s.x.Request
	scheme, host = c.net.Scheme(), r.Fields.Get(wire.Host)
	if !c.trusted {
		return scheme, host
	}
	r.Way.Proxies = s.proxies[:0]
	scheme, host = c.engine.Config.Trusted.Believe(r, scheme, host)
	s.proxies = r.Way.Proxies
	return scheme, host
}

// admitContent decides about the request's content and Expect.
func (s *session) admitContent() outcome {
	q := &s.request
	expects, ok := expectation(q)
	if !ok {
		return s.refuse(417, "unknown expectation")
	}
	if q.Content.Kind == wire.NoContent {
		return proceed
	}
	if limit := s.conn.engine.Config.MaxBody; limit > 0 && q.Content.Length > limit {
		return s.refuse(413, "content too large")
	}
	s.body = &body{session: s, framing: q.Content, left: q.Content.Length, expects100: expects}
	s.x.Request.Body = s.body
	return proceed
}

// expectation reports whether the client waits for 100 (Continue), and false
// if it expects something else (RFC 9110 section 10.1.1).
func expectation(q *wire.Request) (expects, ok bool) {
	i := q.Fields.First(wire.Expect)
	if i < 0 || q.Minor == 0 {
		return false, true
	}
	ok = q.Fields.Next(i) < 0 && wire.EqualFold(q.Fields.List[i].Value, "100-continue")
	return ok, ok
}
