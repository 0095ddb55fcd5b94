// Package http1 is the HTTP/1.1 engine of the client side: it turns the bytes
// of a connection into exchanges, has a message.Handler answer them and writes
// the replies (RFC 9112).
//
// The path of a request is the order of the files: engine (a connection comes),
// conn and socket (wait for input), session (buffers and exchange of a connection
// that has something to do), request (head to exchange), body, reply and stream
// (exchange to bytes), output and attached (bytes to the client), watch and probe (has
// the client left?), tunnel, finish, linger (the end).
//
// A connection is run by one goroutine, the caller of Serve. It waits for input inside a
// callback of the socket (syscall.RawConn), and serves a request without content there. If
// Handler.TryServe has the reply, this takes one read and one write. While a connection
// waits, it holds neither buffer nor exchange.
//
// Time limits need no timer: a connection stores the instant at which its wait must be over,
// and the sweep of package engine wakes the few that are late.
//
// A connection that is wrapped, for example by TLS, is read and written as a net.Conn
// instead. So it keeps its buffers, and a larger stack, while it waits.
//
// The package knows nothing of caching, and leaves the grammar to edge/wire.
//
// session.early guards what a session writes before its reply: interim responses, and bytes
// that are sent to find out whether the client has left. Lock order: body.mu, then
// session.early, for a 100 response when content is first read. Inspect runs under a lock of
// package engine and takes watch.mu; under watch.mu, a probe gives up if session.early is
// locked. Cancelling work under watch.mu takes the lock of its message.Canceller.
package http1
