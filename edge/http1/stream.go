package http1

import (
	"io"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// stream sends the reply's body and then its stream. It gathers the bytes that are ready,
// and sends all of them before it waits for more.
func (s *session) stream(f wire.Framing) error {
	p := &s.x.Reply
	s.conn.watch.content(s, f)
	for _, run := range p.Body {
		if err := s.put(run, f); err != nil {
			return err
		}
	}
	for waits, bounded := false, false; ; {
		if !bounded && s.reply.content > mostUnsent {
			bounded = true
			s.conn.net.BoundUnsent(mostUnsent)
			defer s.conn.net.BoundUnsent(0) // cached replies are written whole
		}
		b, err := p.Stream.Next(false)
		if len(b) == 0 && err == nil {
			if !waits {
				waits = true
				s.conn.watch.noteHalfClose(s.conn.net)
			}
			if err := s.flush(); err != nil {
				return err
			}
			b, err = s.await()
		}
		if err := s.put(b, f); err != nil {
			return err
		}
		switch err {
		case nil:
		case io.EOF:
			return s.endStream(f)
		default:
			s.breakOff()
			return errBroken
		}
	}
}

// mostUnsent is how many bytes of a streamed reply the kernel buffers that it cannot
// send yet. Without a limit it fills its buffer: megabytes for each stream that a client
// does not read.
const mostUnsent = 128 << 10

// put has b sent: at once if it is large, so that it need not be copied.
func (s *session) put(b []byte, f wire.Framing) error {
	if len(b) == 0 {
		return nil
	}
	if f.Kind == wire.ByLength && s.reply.content+int64(len(b)) > f.Length {
		_ = s.flush()
		return errWrongSize
	}
	o := &s.out
	before := len(o.buf)
	if f.Kind == wire.ByChunks {
		o.buf = wire.AppendChunkHead(o.buf, len(b))
		s.reply.framing += int64(len(o.buf)-before) + int64(len(wire.ChunkEnd))
	}
	s.reply.content += int64(len(b))
	if len(b) > copyMax/2 {
		o.add(b)
		if f.Kind == wire.ByChunks {
			o.add(chunkEnd)
		}
		return s.flushContent()
	}
	o.buf = append(o.buf, b...)
	if f.Kind == wire.ByChunks {
		o.buf = append(o.buf, chunkEnd...)
	}
	if len(o.buf) < copyMax && !s.ahead.zero {
		return nil
	}
	return s.flushContent()
}

var chunkEnd = []byte(wire.ChunkEnd)

// endStream ends the content cleanly.
func (s *session) endStream(f wire.Framing) error {
	switch f.Kind {
	case wire.ByLength:
		if s.reply.content != f.Length {
			_ = s.flush()
			return errWrongSize
		}
	case wire.ByChunks:
		before := len(s.out.buf)
		s.out.buf = wire.AppendLastChunk(s.out.buf, s.trailers())
		s.reply.framing += int64(len(s.out.buf) - before)
	}
	return s.flushContent()
}

// breakOff ends content that is not complete, and makes that visible: what was sent
// must not read as a last chunk.
func (s *session) breakOff() {
	if s.ahead.zero {
		before := len(s.out.buf)
		s.out.buf = wire.AppendChunkHead(s.out.buf, 1)
		s.reply.framing += int64(len(s.out.buf) - before)
	}
	_ = s.flushContent()
}

// trailers returns the stream's trailer fields if the client takes any
// (RFC 9110 section 6.5.1).
func (s *session) trailers() *wire.Fields {
	fields := &s.x.Request.Fields
	for i := fields.First(wire.TE); i >= 0; i = fields.Next(i) {
		if wire.ContainsToken(fields.List[i].Value, "trailers") {
			return s.x.Reply.Stream.Trailers()
		}
	}
	return nil
}

// Interim sends an informational response at once, unless the reply has begun.
func (s *session) Interim(status int, fields *wire.Fields) error {
	if s.x.Request.Protocol == message.HTTP10 || status < 100 || status > 199 || status == 101 {
		return nil
	}
	s.early.Lock()
	defer s.early.Unlock()
	if s.begun {
		return nil
	}
	s.pace = engine.Pace{}
	o := &s.out
	o.open()
	o.buf = append(o.buf, wire.StatusLine(status)[s.consumeAhead():]...)
	o.buf = append(o.buf, "\r\n"...)
	if fields != nil {
		for i := range fields.List {
			o.buf = wire.AppendField(o.buf, fields.List[i].Name, fields.List[i].Value)
		}
	}
	o.buf = append(o.buf, "\r\n"...)
	err := s.flush()
	o.close()
	return err
}
