package origin

import "context"

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

// result is what a try came to: a response, or a failure of the server's.
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
	// outdated: the connection had been kept, and says no more than that it is at its end
	// (RFC 9112 section 9.3.1, RFC 9110 section 15.5.9). The server may not have seen the
	// request.
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
