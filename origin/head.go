package origin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"brink/edge/wire"
)

// statusLineStart is how a response begins. What begins otherwise is refused
// without waiting for more.
var statusLineStart = []byte("HTTP/1.")

// readHead reads and parses one head.
func (x *Response) readHead(head *wire.Response, isHead bool) *Error {
	for seen := 0; ; {
		b := x.mem[x.from:x.to]
		n, fault := wire.HeadEnd(b, seen)
		seen = len(b)
		switch {
		case fault != wire.None:
			return faultError(fault)
		case n > maxHead || n == 0 && seen >= maxHead:
			return faultError(wire.HeadTooLarge)
		case n > 0:
			x.from += n
			return faultError(head.Parse(b[:n:n], wire.Limits{Fields: maxFields}, isHead))
		}
		if start := b[:min(seen, len(statusLineStart))]; !bytes.HasPrefix(statusLineStart, start) {
			return faultError(wire.BadStatusLine)
		}
		if err := x.readMoreHead(); err != nil {
			return err
		}
	}
}

// readMoreHead reads behind what is there, after making room where there is
// none.
func (x *Response) readMoreHead() *Error {
	if x.to == len(x.mem) {
		unread := x.mem[x.from:x.to]
		if x.from == 0 {
			x.mem = make([]byte, maxHead+minRoom)
		}
		x.from, x.to = 0, copy(x.mem, unread)
	}
	n, err := x.read(x.mem[x.to:], x.limit)
	if n == 0 {
		return x.headError(err)
	}
	x.to += n
	x.answered = true
	return nil
}

// read reads from the connection, which has been given limit. Where that was
// spent on sending the request there is more: the time counts from its end.
func (x *Response) read(p []byte, limit time.Duration) (int, error) {
	for {
		n, err := x.conn.read(p)
		if n > 0 || x.upload == nil || !timedOut(err) {
			return n, err
		}
		more := limit
		if x.upload.over() {
			more -= time.Since(x.upload.ended)
		}
		if more <= 0 || x.conn.arm(x.conn.raw.clock.now(), more) != nil {
			return n, err
		}
	}
}

// makeRoom sees to it that enough can be read behind a final head, whose
// fields stay where they are.
func (x *Response) makeRoom() {
	if len(x.mem)-x.from < minRoom {
		x.spill = getBuffer()
		x.to = copy(x.spill[:], x.mem[x.from:x.to])
		x.mem, x.from = x.spill[:], 0
	}
	x.mem, x.from, x.to = x.mem[x.from:], 0, x.to-x.from
}

// headError says why there is no head.
func (x *Response) headError(err error) *Error {
	switch {
	case timedOut(err):
		return &Error{Kind: ResponseTimeout, Err: errors.New("no response head in time")}
	case !x.answered:
		return &Error{Kind: ConnectionTerminated, Err: fmt.Errorf("%w: %w", errDead, err)}
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return &Error{Kind: ResponseIncomplete, Err: fmt.Errorf("read the response head: %w", err)}
}

// faultError says that a response is malformed; nil for wire.None.
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
