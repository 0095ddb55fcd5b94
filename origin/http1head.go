package origin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"brink/edge/wire"
)

// statusLineStart is the start of every response. Bytes that differ are refused at once,
// without waiting for a whole line.
var statusLineStart = []byte("HTTP/1.")

// readHead reads and parses one head.
func (e *http1Exchange) readHead(head *wire.Response, isHead bool) *Error {
	for seen := 0; ; {
		b := e.mem[e.from:e.to]
		n, fault := wire.HeadEnd(b, seen)
		seen = len(b)
		switch {
		case fault != wire.None:
			return faultError(fault)
		case n > maxHead || n == 0 && seen >= maxHead:
			return faultError(wire.HeadTooLarge)
		case n > 0:
			e.from += n
			return faultError(head.Parse(b[:n:n], wire.Limits{Fields: maxFields}, isHead))
		}
		if start := b[:min(seen, len(statusLineStart))]; !bytes.HasPrefix(statusLineStart, start) {
			return faultError(wire.BadStatusLine)
		}
		if err := e.readMoreHead(); err != nil {
			return err
		}
	}
}

// readMoreHead reads more of a head. If the buffer is full, it makes room first.
func (e *http1Exchange) readMoreHead() *Error {
	if e.to == len(e.mem) {
		unread := e.mem[e.from:e.to]
		if e.from == 0 {
			e.mem = make([]byte, maxHead+minRoom)
		}
		e.from, e.to = 0, copy(e.mem, unread)
	}
	n, err := e.read(e.mem[e.to:], e.limit)
	if n == 0 {
		return e.headError(err)
	}
	e.to += n
	e.answered = true
	return nil
}

// read reads from the connection, whose deadline is limit from some earlier time. While
// the request is still being sent, limit does not run: it counts from the end of sending.
func (e *http1Exchange) read(p []byte, limit time.Duration) (int, error) {
	for {
		n, err := e.conn.read(p)
		if n > 0 || e.upload == nil || !timedOut(err) {
			return n, err
		}
		more := limit
		if e.upload.over() {
			more -= time.Since(e.upload.ended)
		}
		if more <= 0 || e.conn.arm(e.conn.raw.clock.now(), more) != nil {
			return n, err
		}
	}
}

// makeRoom makes sure that content can be read behind the final head. The fields of the
// head keep their memory.
func (e *http1Exchange) makeRoom() {
	if len(e.mem)-e.from < minRoom {
		e.spill = getBuffer()
		e.to = copy(e.spill[:], e.mem[e.from:e.to])
		e.mem, e.from = e.spill[:], 0
	}
	e.mem, e.from, e.to = e.mem[e.from:], 0, e.to-e.from
}

// headError returns why there is no head, after err from the connection.
func (e *http1Exchange) headError(err error) *Error {
	switch {
	case timedOut(err):
		return &Error{Kind: ResponseTimeout, Err: errors.New("no response head in time")}
	case !e.answered:
		return &Error{Kind: ConnectionTerminated, Err: fmt.Errorf("%w: %w", errDead, err)}
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return &Error{Kind: ResponseIncomplete, Err: fmt.Errorf("read the response head: %w", err)}
}

// faultError returns the failure for a malformed response; nil for wire.None.
func faultError(f wire.Fault) *Error {
	switch f {
	case wire.None:
		return nil
	case wire.HeadTooLarge, wire.TooManyFields:
		return &Error{Kind: ResponseHeaderSize, Err: errors.New(f.String())}
	}
	return protocolError("malformed response: %s", f)
}

func protocolError(format string, args ...any) *Error {
	return &Error{Kind: ProtocolError, Err: fmt.Errorf(format, args...)}
}
