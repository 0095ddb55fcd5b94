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
	// Notify has ready called once when Next has more: bytes, the end or an error.
	// It is for a goroutine that serves many streams, and is called after Next(false)
	// returned no bytes and no error. Until ready is called, Next(false) returns
	// nothing; then Next(false) is called again, and if it still returns nothing,
	// Notify. Nothing is missed that comes between Next and Notify.
	//
	// ready is called by Notify itself, or by another goroutine that holds no lock but
	// the notice's own. It must not block and must not call the stream. It must not
	// wait for a lock that its owner holds during a call to the stream. Close waits
	// for a call that has begun; none comes after it.
	Notify(ready func())
	// Trailers returns the trailer fields, after Next returned io.EOF; nil for
	// none.
	Trailers() *wire.Fields
	// Close ends the interest in the rest. It may be called at any time, from
	// the goroutine that calls Next, and more than once.
	Close()
}
