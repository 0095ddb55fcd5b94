package message

import (
	"io"

	"brink/edge/wire"
	"brink/store"
)

// Handler answers exchanges. Its methods may be called from many goroutines,
// each with its own Exchange.
type Handler interface {
	// TryServe fills in the reply from RAM if that needs no waiting, and says
	// whether it did. It does not block and, on a hit, does not allocate.
	TryServe(x *Exchange) bool

	// Serve fills in the reply, waiting for a fill or an origin if it must.
	// It always leaves a reply. It is called after a TryServe that said no.
	Serve(x *Exchange)

	// Done is called once the reply has been sent or has failed, with what
	// went to the client. It closes what the reply holds open, counts and logs.
	// It is called exactly once for each exchange that was served.
	Done(x *Exchange, sent Sent)
}

// Sent is what became of a reply on its way to the client.
type Sent struct {
	Bytes    int64 // of content
	Complete bool  // the client was given all of it
	Left     bool  // it was not, because the client closed the connection
}

// Exchange is one request and its reply. It belongs to a connection's engine,
// which reuses it: nothing in it outlives Done.
type Exchange struct {
	Request Request
	Reply   Reply
	Client  Client        // the engine's side
	Now     store.Instant // when the request's head was complete; read once

	// Limit is a limit of the engine for which Serve must refuse the request:
	// ReasonMemory or ReasonClientRequests. ReasonNone: there is none.
	Limit Reason

	// TakesFile says that the engine can make use of Reply.File here.
	TakesFile bool

	// Scratch is memory that the handler may use from Serve to Done: it
	// appends to Scratch[:0] and leaves the grown slice here for the next one.
	Scratch []byte
	// KeyText is like Scratch, for the text that the key hashes.
	KeyText []byte
	// State is the handler's own state for this exchange, kept for reuse.
	State any
}

// Client is what an engine does for a handler while it serves.
type Client interface {
	// Interim sends an informational response (1xx) at once. It does nothing
	// for a client that cannot take one (HTTP/1.0).
	Interim(status int, fields *wire.Fields) error

	// Watch cancels l once the client has left, at once if that is known already. It
	// replaces an earlier watch. Watch(nil) ends the watch, and so does the end of
	// the exchange; after either, l is not cancelled any more. A client that has
	// only ended its own sending still waits for its answer: it has not left.
	Watch(l Canceller)

	// Hold keeps c for as long as the client's connection lasts, for the later
	// requests on it. The engine closes c when the connection ends, or when
	// another one takes its place; Hold(nil) closes it at once. It reports false,
	// and keeps nothing, if requests can run side by side on the connection.
	Hold(c io.Closer) bool

	// Held returns what Hold keeps; nil: nothing.
	Held() io.Closer
}

// Canceller ends the work that is done for one client alone.
type Canceller interface {
	// Cancel ends the work. It is called from another goroutine and does not wait.
	Cancel()
}
