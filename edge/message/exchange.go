package message

import (
	"io"
	"net/netip"
	"os"
	"time"

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
	// Key is like Scratch, for the key text.
	Key []byte
	// State is the handler's own state for this exchange, kept for reuse.
	State any
}

// Client is what an engine does for a handler while it serves.
type Client interface {
	// Interim sends an informational response (1xx) at once. It does nothing
	// for a client that cannot take one (HTTP/1.0).
	Interim(status int, fields *wire.Fields) error

	// Watch cuts l once the client has left, at once if that is known already. It
	// replaces an earlier watch. Watch(nil) ends the watch, and so does the end of
	// the exchange; after either, the leash is not cut any more. A client that has
	// only ended its own sending still waits for its answer: it has not left.
	Watch(l Leash)

	// Hold keeps c for as long as the client's connection lasts, for the later
	// requests on it. The engine closes c when the connection ends, or when
	// another one takes its place; Hold(nil) closes it at once. It reports false,
	// and keeps nothing, if requests can run side by side on the connection.
	Hold(c io.Closer) bool

	// Held returns what Hold keeps; nil: nothing.
	Held() io.Closer
}

// Leash ends the work that is done for one client alone.
type Leash interface {
	// Cut ends the work. It is called from another goroutine and does not wait.
	Cut()
}

// Protocol is the version that the client speaks.
type Protocol uint8

const (
	HTTP10 Protocol = iota
	HTTP11
	HTTP2
	HTTP3
)

var protocols = [...]string{HTTP10: "HTTP/1.0", HTTP11: "HTTP/1.1", HTTP2: "HTTP/2", HTTP3: "HTTP/3"}

func (p Protocol) String() string { return protocols[p] }

// Request is what the client asked for. All slices alias memory of the
// connection and are valid until Done; a fetch that outlives the request
// copies what it needs.
type Request struct {
	Method   Method
	Verb     []byte // the method as sent
	Protocol Protocol
	URL      URL
	Fields   wire.Fields    // as received, hop-by-hop fields included
	Body     Body           // nil: the request has no content
	Upgrade  []byte         // value of Upgrade where Connection asks for it; nil otherwise
	Peer     netip.AddrPort // the other end of the connection; see Client
	Way      Way
}

// Body is the content of a request, read as it arrives. One goroutine may read
// it at a time; the engine may stop it from another.
type Body interface {
	// Read returns io.EOF at the clean end and another error if the content
	// was cut off, malformed, over the limit or stopped. The first Read asks
	// the client to go on, where it waits for 100 (Continue).
	Read(p []byte) (int, error)
	// ReadWithin is Read with a time limit of about limit. When that is over, it
	// returns os.ErrDeadlineExceeded, and the caller may read again later.
	ReadWithin(p []byte, limit time.Duration) (int, error)
	// Length is the announced length in bytes, or -1 (chunked).
	Length() int64
	// Trailers returns the trailer fields, after Read returned io.EOF. They
	// are never merged into the request's fields.
	Trailers() *wire.Fields
	// Stop makes a Read that waits, and every later one, fail at once.
	Stop()
}

// Reply is the answer as the handler leaves it for the engine to send:
//
//	Head (or, if nil, nothing: the connection is closed without an answer)
//	Tail lines
//	Content-Length or chunked framing from Length, Connection from Close
//	Body, then Stream
//
// The engine sends no content where the request was HEAD or Status is 1xx, 204
// or 304, whatever Body and Stream hold.
type Reply struct {
	Head   *wire.Head
	Tail   []byte // further field lines ("Name: value\r\n"), as Age and Cache-Status
	Length int64  // of the content in bytes; -1: not known. For HEAD and 304 what a GET would give, -1 for none
	Body   [][]byte
	Stream Stream             // nil: Body is all
	Close  bool               // close the connection after this reply
	Tunnel io.ReadWriteCloser // not nil: the reply is 101; afterwards bytes go both ways until either side ends
	Status CacheStatus

	// File, from FileOffset on, holds the same bytes as Body, and the kernel can
	// send from it without copying them; nil: there is none. It never changes
	// and is not the engine's to close. The engine may use either, and Body is
	// always there.
	File       *os.File
	FileOffset int64
}

// Reset empties r for the next exchange.
func (r *Reply) Reset() { *r = Reply{Body: r.Body[:0]} }

// Stream is content that arrives while it is sent.
type Stream interface {
	// Next returns the next bytes, waiting for them if wait is true; without
	// wait it returns nil bytes and no error where there are none yet. The
	// bytes are valid until the following call. At the clean end it returns
	// io.EOF; after any other error the engine must break the reply off so
	// that the client sees it is incomplete.
	Next(wait bool) ([]byte, error)
	// Trailers returns the trailer fields, after Next returned io.EOF; nil for
	// none.
	Trailers() *wire.Fields
	// Close ends the interest in the rest. It may be called at any time, from
	// the goroutine that calls Next, and more than once.
	Close()
}
