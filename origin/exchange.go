package origin

import (
	"context"
	"errors"
	"fmt"
	"net"

	"brink/edge/wire"
)

// errDead marks the failure of a connection on which no byte of a response
// came: the request may not have been seen.
var errDead = errors.New("the connection ended before a response")

// exchange sends r over c and reads up to the end of the final head. c is the
// response's from here on; after an error it has ended.
func (o *Origin) exchange(ctx context.Context, c *conn, r *Request, body *content) (*Response, *Error) {
	x := &Response{origin: o, conn: c, ctx: ctx, buffer: getBuffer()}
	x.mem = x.buffer[:]
	if ctx.Done() != nil {
		x.unwatch = context.AfterFunc(ctx, c.abort)
	}
	failure := x.send(r, body)
	if failure == nil {
		failure = x.readHeads(r)
	}
	if failure == nil {
		return x, nil
	}
	failure = x.explain(failure)
	x.end(false)
	return nil, failure
}

// send writes the request; content that is not at hand is left to an upload.
func (x *Response) send(r *Request, body *content) *Error {
	request := appendRequest(x.mem[:0], r, x.origin.hostOf(r, x.conn.server), body)
	if _, err := x.conn.write(request, x.origin.conf.SendTimeout); err != nil {
		if !timedOut(err) {
			err = fmt.Errorf("%w: %w", errDead, err)
		}
		return sendError(err)
	}
	if body.streamed() {
		x.upload = startUpload(x.conn, body, x.origin.conf.SendTimeout)
	}
	return nil
}

// readHeads reads heads up to the final one.
func (x *Response) readHeads(r *Request) *Error {
	if err := x.conn.arm(x.origin.conf.HeadTimeout); err != nil {
		return x.headError(err)
	}
	head := &x.conn.head
	isHead := string(r.Method) == "HEAD"
	for interim, goOn := 0, 0; interim <= MaxInterim && goOn <= MaxInterim; {
		if err := x.readHead(head, isHead); err != nil {
			return err
		}
		switch {
		case head.Status >= 200:
			x.begin(head)
			return nil
		case head.Status == 101:
			return x.switched(head, r)
		case head.Status == 100:
			goOn++
		default:
			interim++
			if interim <= MaxInterim && r.Interim != nil {
				r.Interim(head.Status, &head.Fields)
			}
		}
	}
	return protocolError("more than %d informational responses", MaxInterim)
}

// begin takes over what the final head says.
func (x *Response) begin(head *wire.Response) {
	x.Status = head.Status
	x.Fields = head.Fields
	x.Length = head.Content.Length
	x.keepAlive = head.KeepAlive
	x.framing = head.Content.Kind
	switch x.framing {
	case wire.ByLength:
		x.left = head.Content.Length
	case wire.ByChunks:
		x.conn.decoder.Reset()
	}
	x.makeRoom()
	if x.Status >= 300 || !x.keepAlive {
		x.upload.cease() // RFC 9112 section 9.5
	}
}

// switched takes over a 101, which must be an answer to a request for it (RFC
// 9110 section 7.8).
func (x *Response) switched(head *wire.Response, r *Request) *Error {
	if r.Upgrade == nil || !head.Fields.Has(wire.Upgrade) {
		return &Error{Kind: UpgradeFailed, Err: errors.New("101 (Switching Protocols) that does not fit the request")}
	}
	if !x.upload.whole() {
		return &Error{Kind: UpgradeFailed, Err: errors.New("101 (Switching Protocols) before the end of the request")}
	}
	x.begin(head)
	return nil
}

// explain finds the reason behind failure: the caller's context and the
// request's own body end the connection, and what was seen of that on the
// reading side says nothing.
func (x *Response) explain(failure *Error) *Error {
	if x.ctx.Err() != nil {
		return contextError(x.ctx)
	}
	if x.upload != nil && errors.Is(failure, net.ErrClosed) {
		<-x.upload.done // it was the one who closed the connection
	}
	if x.upload != nil && x.upload.over() && x.upload.failure != nil && !x.upload.stopped.Load() {
		return x.upload.failure
	}
	return failure
}
