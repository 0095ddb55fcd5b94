package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// content is the body of a request on its way. A nil *content is a request
// without one.
type content struct {
	body   Body
	length int64 // -1: chunked
	clock  clock
	memory *byteBudget

	ahead []byte // what was read in advance; its capacity is taken from memory
	all   bool   // that is all of it
	sent  int    // bytes of ahead that have been given out
	begun bool   // an upload reads it: bytes beyond ahead are not kept

	mu   sync.Mutex
	pace pace // of the client; guarded by mu
}

func newContent(b Body, c clock, memory *byteBudget) *content {
	return &content{body: b, length: max(b.Length(), -1), clock: c, memory: memory}
}

// How long brink waits for content that need not be complete: some clients send the
// rest only after a part of the response.
const (
	aheadQuiet = time.Second     // without a byte
	aheadTime  = 2 * time.Second // in all
)

// firstAhead is the room for content whose length is not known, or is long.
const firstAhead = inlineBody

// advance reads content before the request takes a slot. So a slow client holds no
// connection, and the request can be repeated. If the content is known to fit into
// read_ahead, advance waits for all of it. Otherwise it reads as much as comes quickly.
func (o *Origin) advance(ctx context.Context, c *content) error {
	bound := int64(o.conf.ReadAhead)
	fits := c.length >= 0 && c.length <= max(bound, inlineBody)
	if fits {
		bound = c.length
	}
	if !fits && bound == 0 {
		return nil
	}
	if !o.enlistBody(c) {
		return errAborted
	}
	defer o.delistBody(c)
	attached := attach(ctx, c)
	defer attached.detach()
	err := c.advance(int(bound), fits)
	if err == nil {
		return nil
	}
	if ended := o.endError(ctx); ended != nil {
		return ended
	}
	return bodyError(err)
}

// advance reads up to bound bytes.
func (c *content) advance(bound int, fits bool) error {
	end := c.clock.now() + aheadTime
	for {
		if fits && len(c.ahead) == bound {
			c.all = true
			return nil
		}
		room := c.room(bound)
		if room == nil {
			return nil
		}
		n, err := c.readWithin(room, end, fits)
		c.ahead = c.ahead[:len(c.ahead)+n]
		switch {
		case err == nil || err == io.EOF && fits && len(c.ahead) == bound:
		case err == io.EOF && c.length < 0:
			c.complete()
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.pace.slow = true
			return nil
		default:
			return err
		}
	}
}

// readWithin waits for one read. With a limit it fails with os.ErrDeadlineExceeded when
// the client is quiet, or at end.
func (c *content) readWithin(p []byte, end time.Duration, patient bool) (int, error) {
	if patient {
		return c.fetch(p)
	}
	left := end - c.clock.now()
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return c.body.ReadWithin(p, min(left, aheadQuiet))
}

// complete notes that chunked content was read to its end. Its length is known now,
// unless it has trailers.
func (c *content) complete() {
	c.all = true
	if t := c.body.Trailers(); t == nil || len(t.List) == 0 {
		c.length = int64(len(c.ahead))
	}
}

// room returns free space in ahead, nil if it is full or there is no memory for more.
func (c *content) room(bound int) []byte {
	used, size := len(c.ahead), cap(c.ahead)
	if used == size {
		more := min(max(3*size, firstAhead), bound-size)
		if more == 0 || !c.memory.take(more) {
			return nil
		}
		grown := make([]byte, used, size+more)
		copy(grown, c.ahead)
		c.ahead = grown
	}
	return c.ahead[used:cap(c.ahead)]
}

// free gives the memory of ahead back. Nobody may send c afterwards.
func (c *content) free() {
	if c != nil {
		c.memory.give(cap(c.ahead))
		c.ahead, c.sent = nil, 0
	}
}

// Abort ends reads of c.
func (c *content) Abort() { c.body.Stop() }

// bodyError is the failure of a fetch whose request body failed.
func bodyError(err error) *Error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return &Error{Kind: RequestError, Err: fmt.Errorf("read the request body: %w", err)}
}

// inline returns content to send together with the head; nil: there is none.
func (c *content) inline() []byte {
	if c == nil || c.streamed() {
		return nil
	}
	return c.ahead
}

// streamed reports whether the content has to be sent apart from the head.
func (c *content) streamed() bool {
	return c != nil && (!c.all || c.length < 0 || len(c.ahead) > inlineBody)
}

// wasSlow reports whether the client was slow before there was a connection.
func (c *content) wasSlow() bool { return c != nil && c.pace.slow }

// repeatable reports whether a request that nobody answered can be sent again.
func (c *content) repeatable(idempotent bool) bool {
	return idempotent && (c == nil || c.all || !c.begun)
}

// slow reports whether the client is slow to send. It may be called from any goroutine.
func (c *content) slow(now time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pace.isSlow(now)
}

// begin prepares c to be sent from its first byte. It must be called before each time
// that c is sent.
func (c *content) begin() { c.begun, c.sent = true, 0 }

// read fills p from ahead, and then with one read from the client. It returns io.EOF
// with the last bytes or after them.
func (c *content) read(p []byte) (int, error) {
	if c.sent < len(c.ahead) {
		n := copy(p, c.ahead[c.sent:])
		c.sent += n
		return n, nil
	}
	if c.all {
		return 0, io.EOF
	}
	c.free()
	c.wait(true, 0)
	n, err := c.fetch(p)
	c.wait(false, n)
	return n, err
}

// wait notes that a wait for the client begins, or that it ended with n bytes.
func (c *content) wait(begins bool, n int) {
	now := c.clock.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if begins {
		c.pace.pause(now)
	} else {
		c.pace.resume(now, n)
	}
}

// errStuck guards against a body that has no progress and no error.
var errStuck = errors.New("the body gives neither bytes nor an error")

// fetch reads from the client until a read returns bytes or an error.
func (c *content) fetch(p []byte) (int, error) {
	for range 100 {
		if n, err := c.body.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, errStuck
}
