package origin

import (
	"context"
	"io"

	"brink/edge/wire"
)

// protocol speaks to one server. HTTP/1.1 is the only one now. Its method may be called
// from any goroutine.
type protocol interface {
	// exchange sends r to the server and waits for the head of the final response. It has
	// t.limit, or the head time-out, for that. body is the content of r; nil: none. The
	// exchange uses the slot of t until it is over, and reads no more of t afterwards.
	//
	// A connection that turns out to be unusable before anything was sent is replaced here.
	exchange(ctx context.Context, t try, r *Request, body *content) result
}

// exchange is one request on its way and the content of its response. One goroutine at a
// time uses it. abort alone may be called from another one.
type exchange interface {
	// next is Response.Next, for content that was not read ahead.
	next(wait bool) ([]byte, error)
	// readInto waits for content and copies it into p. Errors are those of next.
	readInto(p []byte) (int, error)
	// switchBuffer keeps the content that next returned last valid while more is read.
	switchBuffer()
	// remaining is how many bytes of content are still to be read; -1: unknown.
	remaining() int64
	// complete reports whether all of the content has been read from the server.
	complete() bool
	// cut ends the content with an error because of why. Nothing more of it is returned.
	cut(why *Error)
	// trailers returns the trailer fields after the content; nil: none. They are valid
	// until end.
	trailers() *wire.Fields

	// sent reports whether the sending of the request has ended, for whatever reason.
	sent() bool
	// private reports whether the connection must serve no other client.
	private() bool
	// pin leaves the connection to p.
	pin(p *Pin)
	// tunnel ends the exchange too. The tunnel has the connection and the slot then.
	tunnel() io.ReadWriteCloser

	// abort ends the exchange at once: whoever reads content gets an error. end has not
	// been called.
	abort()
	// end ends the exchange and everything that uses the request's Body. If the content
	// was complete, next still returns the rest of it.
	end(how disposal)
	// free gives memory back, after end. Content that next returned is not valid any more.
	free()
}

var _ exchange = (*http1Exchange)(nil)

// disposal is what becomes of the connection and the slot at the end of an exchange.
type disposal uint8

const (
	release disposal = iota // keep the connection if it can serve another exchange; give the slot back
	park                    // keep the connection likewise; the fetch goes on with the slot
	discard                 // end the connection; the fetch goes on with the slot
)

// result is the outcome of a try: a response, or a failure.
type result struct {
	response *Response
	failure  *Error // nil: there is a response
	reached  reach
	informed bool // the client was sent an informational response
}

// reach is how far a try came.
type reach uint8

const (
	// unreached: there was no connection, so the server has not seen the request.
	unreached reach = iota
	// outdated: the server had closed the kept connection, or was about to (RFC 9112
	// section 9.3.1, RFC 9110 section 15.5.9). It may not have seen the request.
	outdated
	// asked: the request, or a part of it, was sent.
	asked
)

// unsettled reports whether another server may be tried after a failure: the connection
// or the time for this try ended before the response's head came, and nothing was sent
// to the client.
func (r *result) unsettled(t *try) bool {
	switch r.failure.Kind {
	case ConnectionTerminated, ResponseIncomplete:
		return !r.informed
	case ResponseTimeout:
		return !r.informed && t.limit != 0
	}
	return false
}

// faults reports whether a failure speaks against the server. A kept connection may end
// at any time, and one that ends while content is sent may do so because of that. If the
// server has answered a later request, only the page is slow.
func (r *result) faults(t *try, body *content) bool {
	if r.reached == unreached {
		return true
	}
	switch r.failure.Kind {
	case ResponseTimeout:
		return t.server.lastAnswered() <= t.begun
	case ConnectionWriteTimeout:
		return true
	case ConnectionTerminated, ResponseIncomplete:
		return !body.streamed() && r.reached != outdated
	}
	return false
}
