package message

import "brink/edge/wire"

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
