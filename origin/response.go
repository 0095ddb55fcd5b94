package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"brink/edge/wire"
)

// Response is a final response whose content is still to be read. It belongs
// to one goroutine, and must be closed.
type Response struct {
	Status int

	// Fields are as received, hop-by-hop fields included. They alias memory
	// of the response, and are gone once content has been asked for.
	Fields wire.Fields

	// Length is that of the content in bytes, or -1 where only its end tells.
	// In the response to HEAD and in a 304 it is what is announced of the
	// content that is not sent, -1 for nothing.
	Length int64

	origin   *Origin
	slot     *slot // nil: given back
	conn     *conn // nil: the exchange with the server is over, or Tunnel has taken it
	ctx      context.Context
	limit    time.Duration // for the head to come
	attached attachment    // to ctx
	upload   *upload       // nil: the request went out in one piece
	content  *content      // of the request; nil: none

	buffer, spill, stage *[bufferSize]byte // of the pool
	mem                  []byte            // where content is read to: behind the head
	from, to             int               // what is unread in mem
	rest                 []byte            // content of mem that has been decoded and not given to anybody

	loan   loan
	given  int      // bytes that the client was given last; 0: it has taken them
	behind *backlog // what was read ahead of the client; nil: nothing

	answered  bool // a byte of a response has come
	keepAlive bool
	framing   wire.Kind
	left      int64        // bytes of content to come, for wire.ByLength
	err       error        // how the content ended: io.EOF for well
	trailers  *wire.Fields // once the connection has been given back; nil: none
	revoked   bool         // see Revoked
}

// Next returns the next bytes of the content, valid until the following call.
// Without wait it returns nil and no error where none have been read ahead.
//
// It returns io.EOF only when the content is whole: its length has been
// reached, or its last chunk, or the connection's clean end where that ends
// it. Every other error is an *Error that wraps ErrIncomplete.
//
// Once all has been read, the connection and the slot are free, even if the client has
// yet to take it.
func (x *Response) Next(wait bool) ([]byte, error) {
	x.reclaim()
	data, err := x.next(wait)
	x.hand(len(data))
	return data, err
}

func (x *Response) next(wait bool) ([]byte, error) {
	if x.behind != nil {
		if data, over := x.behind.next(wait); !over {
			return data, nil
		}
		lost := x.behind.cutShort()
		x.dropBacklog()
		if lost {
			// What comes next does not follow what the client has.
			x.rest, x.from, x.to = nil, 0, 0
			x.err = x.incomplete(errSlowClient)
		}
	}
	return x.arriving(wait)
}

// arriving is Next for content that was not read ahead.
func (x *Response) arriving(wait bool) ([]byte, error) {
	for {
		if data := x.ahead(); data != nil {
			return data, nil
		}
		if x.err != nil || !wait {
			return nil, x.err
		}
		n, err := x.receive(x.mem)
		x.from, x.to = 0, n
		if n == 0 {
			x.err = x.contentEnd(err)
		}
	}
}

// readInto waits for content and reads it into p, past the buffer if nothing
// is in it and the framing allows. Errors are those of Next.
func (x *Response) readInto(p []byte) (int, error) {
	if x.direct() && len(p) > 0 {
		if x.framing == wire.ByLength {
			p = p[:min(int64(len(p)), x.left)]
		}
		n, err := x.receive(p)
		if n == 0 {
			x.err = x.contentEnd(err)
			return 0, x.err
		}
		x.left -= int64(n)
		return n, nil
	}
	data, err := x.arriving(true)
	n := copy(p, data)
	if n < len(data) {
		x.rest = data[n:]
	}
	return n, err
}

// hand is called with the content that the client is given next. At the end of the
// content it settles the exchange.
func (x *Response) hand(n int) {
	switch {
	case x.behind != nil:
		if n > 0 {
			x.lend(n)
		}
	case x.whole():
		x.settle()
	case n > 0:
		x.lend(n)
	}
}

// whole reports whether all of the content has been read from the connection. The end of
// the chunked coding may be at hand already.
func (x *Response) whole() bool {
	if x.err == nil && x.framing == wire.ByChunks && x.from < x.to && len(x.rest) == 0 {
		x.rest = x.aheadChunks()
	}
	if x.err == nil && x.framing == wire.ByLength && x.left == 0 {
		x.err = io.EOF
	}
	return x.err == io.EOF
}

// settle ends the exchange with the server after all of the content was read. If the
// request is still being sent, Close does that.
func (x *Response) settle() {
	if x.conn == nil || !x.upload.over() {
		return
	}
	if t := x.Trailers(); t != nil {
		x.trailers = cloneFields(t)
	}
	x.content.free()
	x.Fields = wire.Fields{} // the connection has the memory of the list
	x.release(x.reusable())
}

// release gives the connection and the slot back.
func (x *Response) release(keep bool) {
	c, s := x.conn, x.slot
	extra := x.err == io.EOF && x.framing != wire.ByClose && unsolicited(x.mem[x.from:x.to])
	x.slot = nil
	x.origin.release(c, s, x.part(keep))
	if extra {
		x.origin.noteUnsolicited(c.server)
	}
}

func (x *Response) dropBacklog() {
	x.behind.end()
	x.loan.Lock()
	x.loan.backlog, x.behind = nil, nil
	x.loan.Unlock()
}

// direct reports whether what the connection gives next is content as it is.
func (x *Response) direct() bool {
	return len(x.rest) == 0 && x.from == x.to && x.err == nil &&
		(x.framing == wire.ByLength && x.left > 0 || x.framing == wire.ByClose)
}

// ahead takes content from what has been read, nil if there is none, and sees
// whether that was all.
func (x *Response) ahead() []byte {
	if len(x.rest) > 0 {
		data := x.rest
		x.rest = nil
		return data
	}
	if x.err != nil {
		return nil
	}
	switch x.framing {
	case wire.ByChunks:
		return x.aheadChunks()
	case wire.ByClose:
		return x.take(x.to - x.from)
	}
	if x.left == 0 {
		x.err = io.EOF
		return nil
	}
	n := int(min(x.left, int64(x.to-x.from)))
	x.left -= int64(n)
	return x.take(n)
}

// take returns the next n unread bytes, nil for none.
func (x *Response) take(n int) []byte {
	if n == 0 {
		return nil
	}
	x.from += n
	return x.mem[x.from-n : x.from : x.from]
}

func (x *Response) aheadChunks() []byte {
	data, used, fault := x.conn.decoder.Next(x.mem[x.from:x.to])
	x.from += used
	switch {
	case fault != wire.None:
		x.err = x.incomplete(&Error{Kind: ResponseTransferCoding, Err: errors.New(fault.String())})
	case data == nil && x.conn.decoder.Done():
		x.err = io.EOF
	}
	return data
}

// receive reads from the connection within the time for content.
func (x *Response) receive(p []byte) (int, error) {
	limit := x.origin.conf.BodyTimeout
	if err := x.conn.arm(x.conn.raw.clock.now(), limit); err != nil {
		return 0, err
	}
	return x.read(p, limit)
}

// contentEnd says what the end of the connection means for the content.
func (x *Response) contentEnd(err error) error {
	switch {
	case err == io.EOF && x.framing == wire.ByClose:
		return io.EOF
	case timedOut(err):
		return x.incomplete(&Error{Kind: ConnectionReadTimeout, Err: errors.New("the content stalled")})
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return x.incomplete(&Error{Kind: ResponseIncomplete, Err: err})
}

func (x *Response) incomplete(e *Error) error {
	e = x.explain(e)
	return x.origin.failed(x.conn.server, &Error{Kind: e.Kind, Err: fmt.Errorf("%w: %w", ErrIncomplete, e.Err)})
}

// Trailers returns the trailer fields, after Next returned io.EOF and up to
// Close; nil for none.
func (x *Response) Trailers() *wire.Fields {
	if x.trailers != nil {
		return x.trailers
	}
	if x.conn == nil || x.framing != wire.ByChunks || x.err != io.EOF {
		return nil
	}
	trailers := x.conn.decoder.Trailers()
	if trailers == nil || len(trailers.List) == 0 {
		return nil
	}
	return trailers
}

// Close ends the exchange. The connection is kept only if both messages have
// been sent to their end and nothing else has come; whatever else is going on
// is stopped, the request's body with Body.Stop. When it returns, nothing uses
// the Body any more. It may be called more than once.
func (x *Response) Close() {
	x.reclaim()
	if x.behind != nil {
		x.dropBacklog()
	}
	if x.conn != nil {
		for x.ahead() != nil {
			// What has been read ahead may be the rest.
		}
		x.revoked = x.slot.gone.Load() != nil
		x.release(x.reusable())
	}
	x.content.free()
	x.free()
}

// Revoked reports, after Close, whether the response was broken off because its client
// was slow and others waited for a connection.
func (x *Response) Revoked() bool { return x.revoked }

// reusable reports whether the next response on the connection can only be
// that to the next request (RFC 9112 section 9.3).
func (x *Response) reusable() bool {
	if x.err != io.EOF || !x.keepAlive || x.framing == wire.ByClose || x.from != x.to {
		return false
	}
	x.upload.settle()
	return x.upload.whole()
}

// part parts with the connection, and aborts it unless it can be kept, which it
// reports. It must be released or dropped then.
func (x *Response) part(keep bool) bool {
	c := x.conn
	x.conn = nil
	if !x.attached.detach() {
		keep = false
	}
	if !keep {
		c.abort()
	}
	x.upload.halt()
	if keep && cap(c.head.Fields.List) > maxKeptFields {
		c.head.Fields = wire.Fields{}
	}
	return keep
}

// abandon ends the exchange, but leaves the slot to another one
// for the same fetch.
func (x *Response) abandon() {
	c := x.conn
	x.part(false)
	x.origin.drop(c)
	x.free()
}

// shelve is Close for a response that a retry will replace. The retry keeps the
// slot.
func (x *Response) shelve() {
	c := x.conn
	for x.ahead() != nil {
		// What has been read ahead may be the rest.
	}
	x.origin.park(c, x.slot, x.part(x.reusable()))
	x.free()
}

// free gives memory back.
func (x *Response) free() {
	putBuffer(x.buffer)
	putBuffer(x.spill)
	putBuffer(x.stage)
	x.buffer, x.spill, x.stage, x.mem, x.rest = nil, nil, nil, nil, nil
	x.from, x.to = 0, 0
	x.Fields, x.trailers = wire.Fields{}, nil
	if x.err == nil || x.err == io.EOF {
		x.err = errClosed
	}
}

// cloneFields copies f into memory of its own.
func cloneFields(f *wire.Fields) *wire.Fields {
	c := new(wire.Fields)
	c.Grow(len(f.List))
	for i := range f.List {
		c.Append(bytes.Clone(f.List[i].Name), bytes.Clone(f.List[i].Value))
	}
	return c
}

// ServeTo sets who waits for the response from now on, instead of the client of the
// request. nil means one client.
func (x *Response) ServeTo(a Audience) {
	if x.slot == nil {
		return
	}
	x.origin.mu.Lock()
	x.slot.audience = a
	x.origin.mu.Unlock()
}
