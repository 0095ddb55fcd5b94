package origin

import (
	"errors"
	"net"
	"time"

	"brink/edge/wire"
)

// errDead marks the failure of a connection on which no byte of a response
// came: the request may not have been seen.
var errDead = errors.New("the connection ended before a response")

// send writes the request; content that is not at hand is left to an upload.
func (x *Response) send(r *Request, body *content, now time.Duration) *Error {
	c := x.conn
	c.reused = c.kept
	request := appendRequest(x.mem[:0], r, x.origin.hostOf(r, c.server), body)
	if c.ask.raw != nil {
		var failure *Error
		if request, failure = x.ask(request, body.streamed(), now); failure != nil {
			return failure
		}
	}
	if len(request) > 0 {
		if _, err := c.write(request, x.origin.conf.SendTimeout); err != nil {
			return firstError(err)
		}
	}
	if body.streamed() {
		x.upload = startUpload(c, x.slot, body, x.origin.conf.SendTimeout)
	}
	return nil
}

// ask sends request over plain TCP and, unless content is to follow it, waits
// for the first bytes of the response. It returns what it could not send at
// once; there are no bytes then.
func (x *Response) ask(request []byte, streamed bool, now time.Duration) (unsent []byte, failure *Error) {
	c := x.conn
	if err := c.arm(now, x.limit); err != nil {
		return nil, x.headError(err)
	}
	into := x.mem
	if streamed {
		into = nil
	}
	unsent, n, err := c.ask.do(request, into, c.kept)
	for err != nil && c.raw.readsOn(err) {
		unsent, n, err = c.ask.do(unsent, into, c.kept)
	}
	switch {
	case err == nil:
		x.to, x.answered = n, n > 0
		return unsent, nil
	case err == errSpoilt:
		c.reused, c.unsolicited = false, unsolicited(c.ask.probe[:c.ask.probed])
		fallthrough
	case len(unsent) > 0:
		return nil, firstError(err)
	}
	return nil, x.headError(err)
}

// readHeads reads heads up to the final one.
func (x *Response) readHeads(r *Request) *Error {
	if !x.answered {
		if err := x.conn.arm(x.conn.raw.clock.now(), x.limit); err != nil {
			return x.headError(err)
		}
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
				x.conn.informed = true
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
	x.conn.private = x.conn.private || wire.ConnectionAuth(&x.Fields, wire.WWWAuthenticate)
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
	if ended := x.origin.endError(x.ctx); ended != nil {
		return ended
	}
	if gone := x.slot.gone.Load(); gone != nil {
		return gone
	}
	if x.upload != nil && errors.Is(failure, net.ErrClosed) {
		<-x.upload.done // it was the one who closed the connection
	}
	if x.upload != nil && x.upload.over() && x.upload.failure != nil && !x.upload.stopped.Load() {
		return x.upload.failure
	}
	return failure
}
