package http1

import (
	"net/netip"
	"sync"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// session is what a connection needs while it has something to do: buffers,
// exchange, parser. Connections that only wait have none.
type session struct {
	conn *conn
	x    message.Exchange

	in     []byte // input buffer; in[r:w] was received and not yet used
	small  []byte // the session's own input buffer, while in is larger's
	larger *input // nil: in is the session's own
	r, w   int
	seen   int // bytes of in[r:w] in which no end of a head was found
	head   int // length of the head at r; 0: not complete

	fault wire.Fault // of the head at r

	request  wire.Request
	url      []byte       // memory of x.Request.URL where it is not the input
	proxies  []netip.Addr // memory of x.Request.Way.Proxies
	used     []byte       // the current request's head
	body     *body        // nil: the request has no content
	refusal  engine.Refusal
	answered bool // TryServe left a reply

	out   output
	pace  engine.Pace // of the reply
	reply progress
	own   wire.Head // of replies that the engine makes itself

	// runs is memory for Reply.Body. A handler may put its own slice there, which
	// the engine does not write to.
	runs [8][]byte

	// early guards out and what follows until the reply has begun, and silent and
	// ahead while the reply waits for its stream.
	early sync.Mutex

	begun  bool // no interim responses any more
	silent bool // a chunk may begin, and its bytes are still to come
	ahead  ahead

	chunks bool // the reply's content is chunked; guarded by watch.mu
}

// progress is how far a reply has come.
type progress struct {
	keep    bool  // the connection goes on after it
	open    bool  // only the end of the connection shows that it is complete
	begins  int64 // where in all output its content begins
	content int64 // bytes of content put into the output
	framing int64 // bytes put there after the head that are no content
}

var sessions = sync.Pool{New: func() any {
	s := &session{in: make([]byte, inputSize)}
	s.x.Client = s
	return s
}}

func newSession(c *conn) *session {
	s := sessions.Get().(*session)
	s.conn = c
	s.x.TakesFile = c.sock != nil
	return s
}

// release gives s back. Between exchanges only.
func (s *session) release() {
	s.out.drop()
	s.out.total, s.used = 0, nil
	s.shrink()
	s.conn, s.r, s.w, s.seen, s.head, s.fault = nil, 0, 0, 0, 0, wire.None
	sessions.Put(s)
}

// room returns free space to receive into, of which there is always some
// between exchanges.
func (s *session) room() []byte {
	switch {
	case s.r == s.w:
		s.r, s.w = 0, 0
	case s.w < len(s.in):
	case s.r > 0:
		s.w = copy(s.in, s.in[s.r:s.w])
		s.r = 0
	default:
		s.grow()
	}
	return s.in[s.w:]
}

// received takes n bytes that were put into room.
func (s *session) received(n int) outcome {
	s.w += n
	c := s.conn
	c.fresh, c.reads = false, min(c.reads+1, 2)
	return s.advance()
}

// advance answers the requests at hand, in order, as far as that needs no
// waiting.
func (s *session) advance() outcome {
	for {
		v := s.next()
		if v == proceed {
			v = s.tryInline()
		}
		if v != proceed {
			return v
		}
	}
}

// tryInline answers a request if that needs no waiting.
func (s *session) tryInline() outcome {
	s.answered = false
	if s.x.Request.Body != nil {
		return needWait
	}
	s.answered = s.tryServe()
	p := &s.x.Reply
	if !s.answered || p.Head == nil || p.Stream != nil || p.Tunnel != nil {
		return needWait
	}
	s.begin()
	if s.reply.keep && s.out.copied() && len(s.out.buf) < batchMax && s.headEnds() {
		return s.finish(nil) // sent together with the next
	}
	whole, err := s.flushNow()
	if !whole {
		return needOutput
	}
	return s.finish(err)
}

// flushNow writes as much as it can without waiting, which is everything
// where the connection is no socket. It reports whether that is the end of it.
func (s *session) flushNow() (whole bool, err error) {
	k := s.conn.sock
	if k == nil || k.fd < 0 {
		return true, s.flush()
	}
	return k.flushNow(&s.out)
}

// step does the next step, which may take time.
func (s *session) step(v outcome) outcome {
	if v == proceed {
		return s.advance()
	}
	c := s.conn
	c.enterStage(engine.Busy)
	c.readBy.Clear()
	if v == needOutput {
		c.account.Force(s.memory())
		v = s.finish(s.flush())
	} else {
		v = s.serve()
	}
	if v != finished {
		c.enterStage(engine.Idle)
	}
	return v
}

// fitsInline reports whether a step can be made inside the wait for input, which
// must not be entered again: it does not read from the connection.
func (s *session) fitsInline() bool {
	return s.body == nil && s.refusal.Status == 0 && s.x.Request.Upgrade == nil
}

// serve answers a request that may take time.
func (s *session) serve() outcome {
	claimed, from := s.countRequest()
	if claimed {
		defer s.conn.account.End(from)
	}
	if err := s.flush(); err != nil { // answers to earlier requests
		if s.answered {
			return s.finish(err)
		}
		s.conn.closing = closeReset
		return finished
	}
	s.out.close()
	if !s.answered && s.refusal.Status == 0 {
		s.handle()
	}
	return s.finish(s.send())
}
