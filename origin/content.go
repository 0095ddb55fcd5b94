package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// content is the body of a request on its way. A nil *content is a request
// without one.
type content struct {
	body   Body
	length int64  // -1: chunked
	whole  []byte // all of it, if it was read in advance; goes out with the head
	begun  bool   // an upload has it: bytes of it have been asked for and are not kept
}

func newContent(b Body) *content { return &content{body: b, length: max(b.Length(), -1)} }

// advance reads a small body before anything is done for the request, so that
// a client that sends it slowly holds no connection and the request can be
// repeated.
func (o *Origin) advance(ctx context.Context, c *content) error {
	if c.length < 0 || c.length > inlineBody {
		return nil
	}
	if !o.enlistBody(c) {
		return errAborted
	}
	defer o.delistBody(c)
	holding := holdBy(ctx, c)
	defer holding.release()
	whole := make([]byte, c.length)
	if _, err := io.ReadFull(c.body, whole); err != nil {
		if ended := o.endError(ctx); ended != nil {
			return ended
		}
		return bodyError(err)
	}
	c.whole = whole
	return nil
}

// Abort ends reads of c.
func (c *content) Abort() { c.body.Stop() }

// bodyError says that the request's own body failed.
func bodyError(err error) *Error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &Error{Kind: RequestError, Err: fmt.Errorf("read the request body: %w", err)}
}

// streamed reports whether the content has to be sent apart from the head.
func (c *content) streamed() bool { return c != nil && c.whole == nil }

// repeatable reports whether a request that nobody answered can be sent again.
func (c *content) repeatable(idempotent bool) bool {
	return idempotent && (!c.streamed() || !c.begun)
}

// errStuck guards against a body that has no progress and no error.
var errStuck = errors.New("the body gives neither bytes nor an error")

// read fills p as far as one read that gives something goes. It returns io.EOF
// with the last bytes or after them.
func (c *content) read(p []byte) (int, error) {
	for range 100 {
		if n, err := c.body.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, errStuck
}
