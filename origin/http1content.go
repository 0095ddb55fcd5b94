package origin

import (
	"errors"
	"fmt"
	"io"

	"brink/edge/wire"
)

func (e *http1Exchange) next(wait bool) ([]byte, error) {
	for {
		if data := e.ahead(); data != nil {
			return data, nil
		}
		if e.err != nil || !wait {
			return nil, e.err
		}
		n, err := e.receive(e.mem)
		e.from, e.to = 0, n
		if n == 0 {
			e.err = e.contentEnd(err)
		}
	}
}

// readInto reads past the buffer if nothing is in it and the framing allows.
func (e *http1Exchange) readInto(p []byte) (int, error) {
	if e.direct() && len(p) > 0 {
		if e.framing == wire.ByLength {
			p = p[:min(int64(len(p)), e.left)]
		}
		n, err := e.receive(p)
		if n == 0 {
			e.err = e.contentEnd(err)
			return 0, e.err
		}
		e.left -= int64(n)
		return n, nil
	}
	data, err := e.next(true)
	n := copy(p, data)
	if n < len(data) {
		e.rest = data[n:]
	}
	return n, err
}

// switchBuffer moves unread bytes to another buffer, as the client still has content in
// the current one.
func (e *http1Exchange) switchBuffer() {
	unread := e.mem[e.from:e.to]
	if len(unread) > bufferSize {
		e.mem = make([]byte, len(e.mem))
	} else {
		e.stage = getBuffer()
		e.mem = e.stage[:]
	}
	e.from, e.to = 0, copy(e.mem, unread)
}

// direct reports whether the next bytes of the connection are content without framing.
func (e *http1Exchange) direct() bool {
	return len(e.rest) == 0 && e.from == e.to && e.err == nil &&
		(e.framing == wire.ByLength && e.left > 0 || e.framing == wire.ByClose)
}

// ahead returns content from the buffer, nil if there is none. It sets err if that was
// the end of the content.
func (e *http1Exchange) ahead() []byte {
	if len(e.rest) > 0 {
		data := e.rest
		e.rest = nil
		return data
	}
	if e.err != nil {
		return nil
	}
	switch e.framing {
	case wire.ByChunks:
		return e.aheadChunks()
	case wire.ByClose:
		return e.take(e.to - e.from)
	}
	if e.left == 0 {
		e.err = io.EOF
		return nil
	}
	n := int(min(e.left, int64(e.to-e.from)))
	e.left -= int64(n)
	return e.take(n)
}

// take returns the next n unread bytes, nil for none.
func (e *http1Exchange) take(n int) []byte {
	if n == 0 {
		return nil
	}
	e.from += n
	return e.mem[e.from-n : e.from : e.from]
}

func (e *http1Exchange) aheadChunks() []byte {
	data, used, fault := e.conn.decoder.Next(e.mem[e.from:e.to])
	e.from += used
	switch {
	case fault != wire.None:
		e.err = e.incomplete(&Error{Kind: ResponseTransferCoding, Err: errors.New(fault.String())})
	case data == nil && e.conn.decoder.Done():
		e.err = io.EOF
	}
	return data
}

// complete also looks for the end of the chunked coding in the buffer.
func (e *http1Exchange) complete() bool {
	if e.err == nil && e.framing == wire.ByChunks && e.from < e.to && len(e.rest) == 0 {
		e.rest = e.aheadChunks()
	}
	if e.err == nil && e.framing == wire.ByLength && e.left == 0 {
		e.err = io.EOF
	}
	return e.err == io.EOF
}

// receive reads from the connection within the time for content.
func (e *http1Exchange) receive(p []byte) (int, error) {
	limit := e.origin.conf.BodyTimeout
	if err := e.conn.arm(e.conn.raw.clock.now(), limit); err != nil {
		return 0, err
	}
	return e.read(p, limit)
}

// contentEnd returns what err, from the connection, means for the content: io.EOF if it
// is whole.
func (e *http1Exchange) contentEnd(err error) error {
	switch {
	case err == io.EOF && e.framing == wire.ByClose:
		return io.EOF
	case timedOut(err):
		return e.incomplete(&Error{Kind: ConnectionReadTimeout, Err: errors.New("the content stalled")})
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return e.incomplete(&Error{Kind: ResponseIncomplete, Err: err})
}

func (e *http1Exchange) incomplete(why *Error) error {
	why = e.explain(why)
	return e.origin.failed(e.conn.server, &Error{Kind: why.Kind, Err: fmt.Errorf("%w: %w", ErrIncomplete, why.Err)})
}

// remaining is known only if the length was announced.
func (e *http1Exchange) remaining() int64 {
	if e.framing != wire.ByLength {
		return -1
	}
	return e.left
}

func (e *http1Exchange) cut(why *Error) {
	e.rest, e.from, e.to = nil, 0, 0
	e.err = e.incomplete(why)
}

func (e *http1Exchange) trailers() *wire.Fields {
	if e.framing != wire.ByChunks || e.err != io.EOF {
		return nil
	}
	trailers := e.conn.decoder.Trailers()
	if trailers == nil || len(trailers.List) == 0 {
		return nil
	}
	return trailers
}
