// Package origin owns the way to the servers behind this node: connections and
// their reuse, name look-ups, the limit on concurrent fetches and its queue,
// the choice of a server, and HTTP/1.1 (RFC 9112) as a client speaks it.
//
// A server that fails is left out for a while, and requests that may be sent again
// go to another server. A connection on which NTLM or Negotiate was spoken serves
// one client and is never pooled.
//
// A fetch runs as one exchange, or as several if it is retried. An exchange needs a
// slot: max_connections is the number of slots. Fetches without a slot wait in a
// queue. While some wait, slow clients may lose their slots: see press.
//
// It never decides what may be cached, never repairs a response that is
// malformed or cut off, and never logs: every failure is an *Error with one
// Kind, the word of RFC 9209 for it. Watch tells of servers that are left out.
//
// A fetch runs on its caller's goroutine, which writes the request and reads
// the response itself; only a request body that is not small, and the rest of a
// response that its client does not take while others wait for the connection, have
// a goroutine of their own, which Response.Close waits for. An Origin has one more, the
// keeper, which looks names up and ends idle connections. Close ends an Origin
// that nobody will use any more and leaves its fetches alone; Abort ends them
// too, so that a fetch needs no context for the end of the process.
//
// Lock order: Origin.mu, then those of one response (loan, backlog) or of one request's
// content. No I/O happens under any of them.
package origin
