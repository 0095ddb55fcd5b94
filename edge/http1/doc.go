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
// A connection is run by one goroutine, the caller of Serve. A request without
// content is served by that goroutine from inside its wait for input: for a reply
// that Handler.TryServe gives that is one read and one write. While it waits, a
// connection holds neither buffer nor exchange.
//
// Time limits cost nothing on that path: a connection stores the instant at which its
// wait must be over, and the sweep of package engine wakes the few that are late.
//
// A connection that is wrapped, as by TLS, has no socket of its own here. It is read and
// written as a net.Conn, and has a goroutine's stack and buffers while it waits.
//
// It knows nothing of caching, and leaves the grammar to edge/wire.
//
// Lock order: body.mu before session.early, for an interim response. Under watch.mu a
// probe only tries to lock session.early. All other locks are leaves.
package http1
