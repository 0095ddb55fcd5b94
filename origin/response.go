package origin

import (
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
	// of the response, up to Close.
	Fields wire.Fields

	// Length is that of the content in bytes, or -1 where only its end tells.
	// In the response to HEAD and in a 304 it is what is announced of the
	// content that is not sent, -1 for nothing.
	Length int64

	origin *Origin
	conn   *conn // nil: closed, or taken out by Tunnel
	ctx    context.Context
	limit  time.Duration // for the head to come
	hold   hold          // by ctx
	upload *upload       // nil: the request went out in one piece

	buffer, spill *[bufferSize]byte // of the pool
	mem           []byte            // where content is read to: behind the head
	from, to      int               // what is unread in mem
	rest          []byte            // content that ReadInto had no room for

	answered  bool // a byte of a response has come
	keepAlive bool
	framing   wire.Kind
	left      int64 // bytes of content to come, for wire.ByLength
	err       error // how the content ended: io.EOF for well
}

// Next returns the next bytes of the content, valid until the following call.
// Without wait it returns nil and no error where none have been read ahead.
//
// It returns io.EOF only when the content is whole: its length has been
// reached, or its last chunk, or the connection's clean end where that ends
// it. Every other error is an *Error that wraps ErrIncomplete.
func (x *Response) Next(wait bool) ([]byte, error) {
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

// ReadInto waits for content and reads it into p, past the buffer if nothing
// is in it and the framing allows. Errors are those of Next.
func (x *Response) ReadInto(p []byte) (int, error) {
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
	data, err := x.Next(true)
	n := copy(p, data)
	x.rest = data[n:]
	return n, err
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
	if c := x.conn; c != nil {
		for x.ahead() != nil {
			// What has been read ahead may be the rest.
		}
		x.origin.release(c, x.part(x.reusable()))
	}
	x.free()
}

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
	if !x.hold.release() {
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

// abandon ends the exchange, but leaves the place in the queue to another one
// for the same fetch.
func (x *Response) abandon() {
	c := x.conn
	x.part(false)
	x.origin.drop(c)
	x.free()
}

// shelve is Close for a response that a retry will replace. The retry keeps the
// place in the queue.
func (x *Response) shelve() {
	c := x.conn
	for x.ahead() != nil {
		// What has been read ahead may be the rest.
	}
	x.origin.park(c, x.part(x.reusable()))
	x.free()
}

// free gives memory back.
func (x *Response) free() {
	putBuffer(x.buffer)
	putBuffer(x.spill)
	x.buffer, x.spill, x.mem, x.rest = nil, nil, nil, nil
	x.from, x.to = 0, 0
	x.Fields = wire.Fields{}
	if x.err == nil || x.err == io.EOF {
		x.err = errClosed
	}
}
