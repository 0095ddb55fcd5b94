package origin

import (
	"net/netip"
	"time"

	"brink/edge/wire"
)

// Body is the content of a request as it arrives. Read and Stop may be called
// from different goroutines.
type Body interface {
	// Read returns io.EOF at the clean end and another error if the content
	// was cut off or stopped.
	Read(p []byte) (int, error)
	// ReadWithin is Read with a time limit of about limit. When that is over, it
	// returns os.ErrDeadlineExceeded, and the caller may read again later.
	ReadWithin(p []byte, limit time.Duration) (int, error)
	// Length is the announced length in bytes, or -1.
	Length() int64
	// Trailers returns the trailer fields, after Read returned io.EOF; nil or an
	// empty list for none.
	Trailers() *wire.Fields
	// Stop makes a Read that waits, and every later one, fail at once.
	Stop()
}

// Request is a request to an origin. All memory in it must stay unchanged until Fetch
// returns. Body is used until Response.Close returns.
type Request struct {
	Method, Target []byte

	// Host is the Host field where the origin's configuration gives none. If
	// both are empty it is the server's own host and port.
	Host []byte

	// Fields are sent as given, after Host; a Host among them is left out. The
	// caller has removed the hop-by-hop fields, Expect and all that has to do
	// with framing. Nil: none.
	Fields *wire.Fields

	// Body is nil where the request has no content.
	Body Body

	// Upgrade, if not nil, is sent as Upgrade with Connection: upgrade.
	Upgrade []byte

	// Interim is given each informational response but 100, at most
	// maxInterim. f is valid until it returns. Nil drops them.
	Interim func(status int, f *wire.Fields)

	// Into, if not nil, is memory for the response that Fetch returns, which is
	// allocated otherwise. It must be zero or a Response that has been closed
	// and that nobody will use any more, not even to close it once more; the
	// caller has no use of it while Fetch runs, or after it failed.
	Into *Response

	// Client is who asks: slots are divided among clients. Invalid: nobody that
	// is known.
	Client netip.Addr

	// Audience, if not nil, tells how many wait for the response, which is not for
	// the client alone. A response that nobody waits for is ended if others wait.
	Audience Audience

	// Pin, if not nil, is the pin of the client's connection at this Origin. The
	// request goes over the pin's connection. If it has none, the request goes
	// over a new one, which then belongs to the pin.
	Pin *Pin

	// Idempotent says that sending the request twice does what sending it once
	// does (RFC 9110 section 9.2.2): it may be repeated on a fresh connection
	// if a kept one turns out to be dead.
	Idempotent bool
}

// maxInterim is how many informational responses besides 100 an origin may
// send before the final one.
const maxInterim = 5
