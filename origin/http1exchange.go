package origin

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"brink/edge/wire"
)

// errDead marks the failure of a connection on which no byte of a response
// came: the request may not have been seen.
var errDead = errors.New("the connection ended before a response")

// http1Exchange is one request and its response on a connection.
type http1Exchange struct {
	origin   *Origin
	slot     *slot // nil: given back, or left to the next try
	conn     *conn // nil: the exchange is over, or tunnel has taken it
	ctx      context.Context
	limit    time.Duration // for the head to come
	attached attachment    // to ctx
	upload   *upload       // nil: the request went out in one piece

	buffer, spill, stage *[bufferSize]byte // of the pool
	mem                  []byte            // where content is read to: behind the head
	from, to             int               // what is unread in mem
	rest                 []byte            // content of mem that has been decoded and not given to anybody

	answered  bool        // a byte of a response has come
	aborted   atomic.Bool // by abort, perhaps after all of the content was read
	keepAlive bool
	framing   wire.Kind
	left      int64 // bytes of content to come, for wire.ByLength
	err       error // how the content ended: io.EOF for well
}

// send writes the request; content that is not at hand is left to an upload.
func (e *http1Exchange) send(r *Request, body *content, now time.Duration) *Error {
	c := e.conn
	c.reused = c.kept
	request := appendRequest(e.mem[:0], r, e.origin.hostOf(r, c.server), body)
	if c.ask.raw != nil {
		var failure *Error
		if request, failure = e.ask(request, body.streamed(), now); failure != nil {
			return failure
		}
	}
	if len(request) > 0 {
		if _, err := c.write(request, e.origin.conf.SendTimeout); err != nil {
			return firstError(err)
		}
	}
	if body.streamed() {
		e.upload = startUpload(c, e.slot, body, e.origin.conf.SendTimeout)
	}
	return nil
}

// ask sends request over plain TCP. Unless content follows, it also waits for the first
// bytes of the response. unsent is the part that it could not send at once; it has not
// waited then.
func (e *http1Exchange) ask(request []byte, streamed bool, now time.Duration) (unsent []byte, failure *Error) {
	c := e.conn
	if err := c.arm(now, e.limit); err != nil {
		return nil, e.headError(err)
	}
	into := e.mem
	if streamed {
		into = nil
	}
	unsent, n, err := c.ask.do(request, into, c.kept)
	for err != nil && c.raw.readsOn(err) {
		unsent, n, err = c.ask.do(unsent, into, c.kept)
	}
	switch {
	case err == nil:
		e.to, e.answered = n, n > 0
		return unsent, nil
	case err == errSpoilt:
		c.reused, c.unsolicited = false, unsolicited(c.ask.probe[:c.ask.probed])
		fallthrough
	case len(unsent) > 0:
		return nil, firstError(err)
	}
	return nil, e.headError(err)
}

// readHeads reads heads up to the final one.
func (e *http1Exchange) readHeads(r *Request) *Error {
	if !e.answered {
		if err := e.conn.arm(e.conn.raw.clock.now(), e.limit); err != nil {
			return e.headError(err)
		}
	}
	head := &e.conn.head
	isHead := string(r.Method) == "HEAD"
	for interim, goOn := 0, 0; interim <= maxInterim && goOn <= maxInterim; {
		if err := e.readHead(head, isHead); err != nil {
			return err
		}
		switch {
		case head.Status >= 200:
			e.begin(head)
			return nil
		case head.Status == 101:
			return e.switched(head, r)
		case head.Status == 100:
			goOn++
		default:
			interim++
			if interim <= maxInterim && r.Interim != nil {
				e.conn.informed = true
				r.Interim(head.Status, &head.Fields)
			}
		}
	}
	return protocolError("more than %d informational responses", maxInterim)
}

// begin prepares for the content that the final head announces.
func (e *http1Exchange) begin(head *wire.Response) {
	e.conn.private = e.conn.private || wire.ConnectionAuth(&head.Fields, wire.WWWAuthenticate)
	e.keepAlive = head.KeepAlive
	e.framing = head.Content.Kind
	switch e.framing {
	case wire.ByLength:
		e.left = head.Content.Length
	case wire.ByChunks:
		e.conn.decoder.Reset()
	}
	e.makeRoom()
	if head.Status >= 300 || !e.keepAlive {
		e.upload.cease() // RFC 9112 section 9.5
	}
}

// switched takes over a 101, which must be an answer to a request for it (RFC
// 9110 section 7.8).
func (e *http1Exchange) switched(head *wire.Response, r *Request) *Error {
	if r.Upgrade == nil || !head.Fields.Has(wire.Upgrade) {
		return &Error{Kind: UpgradeFailed, Err: errors.New("101 (Switching Protocols) that does not fit the request")}
	}
	if !e.upload.whole() {
		return &Error{Kind: UpgradeFailed, Err: errors.New("101 (Switching Protocols) before the end of the request")}
	}
	e.begin(head)
	return nil
}

// explain returns the reason behind failure. If the caller's context ended, the slot was
// taken away, or the request's body failed, the connection was closed because of that, and
// failure is only the consequence.
func (e *http1Exchange) explain(failure *Error) *Error {
	if ended := e.origin.endError(e.ctx); ended != nil {
		return ended
	}
	if gone := e.slot.gone.Load(); gone != nil {
		return gone
	}
	if e.upload != nil && errors.Is(failure, net.ErrClosed) {
		<-e.upload.done // it closed the connection
	}
	if e.upload != nil && e.upload.over() && e.upload.failure != nil && !e.upload.stopped.Load() {
		return e.upload.failure
	}
	return failure
}
