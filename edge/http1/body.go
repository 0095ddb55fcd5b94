package http1

import (
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"brink/edge/engine"
	"brink/edge/wire"
)

// bodyError is why the content of a request could not be read. A handler that
// wants to answer it asks for Status.
type bodyError struct {
	what   string
	status int
	left   bool
}

func (e *bodyError) Error() string { return e.what }

// Status returns the status code that answers a request with such content.
func (e *bodyError) Status() int { return e.status }

// Left reports whether the client closed the connection before the content's
// end.
func (e *bodyError) Left() bool { return e.left }

var (
	errCutOff   = &bodyError{"request content was cut off", 400, true}
	errLate     = &bodyError{"request content did not come in time", 408, false}
	errTooLarge = &bodyError{"request content is too large", 413, false}
	errStopped  = &bodyError{"request content is not read any more", 400, false}
)

// body is the content of one request. A new one is made for each, so that
// a handler that keeps it cannot read the next.
type body struct {
	session *session
	framing wire.Framing
	stopped atomic.Bool // Stop was called: the connection will close
	unread  undecoded

	mu sync.Mutex // held while somebody reads

	left       int64 // bytes to come, of content by length
	total      int64 // bytes read, of content by chunks
	expects100 bool  // the client waits for 100 (Continue)
	sealed     bool  // the exchange is over
	err        error // of the last Read
	pace       engine.Pace
	moved      int64         // bytes received
	by         time.Duration // limit of draining; 0: none

	patience time.Duration // when ReadWithin gives up; 0: never
}

// undecoded is content in the chunked coding.
type undecoded struct {
	decoder wire.Decoder
	page    *[]byte // receives bytes once the input buffer is used up
	src     []byte  // the part of it that is not decoded
	data    []byte  // content not yet read, aliasing the input or the page
}

func (b *body) Length() int64 { return b.framing.Length }

func (b *body) Trailers() *wire.Fields { return b.unread.decoder.Trailers() }

func (b *body) Stop() {
	b.stopped.Store(true)
	b.session.conn.Wake()
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.readLocked(p)
}

func (b *body) ReadWithin(p []byte, limit time.Duration) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.patience = b.session.conn.engine.Clock.Now() + limit
	defer func() { b.patience = 0 }()
	return b.readLocked(p)
}

func (b *body) readLocked(p []byte) (int, error) {
	switch {
	case b.sealed || b.stopped.Load():
		return 0, errStopped
	case b.err != nil:
		return 0, b.err
	case len(p) == 0:
		return 0, nil
	}
	if b.expects100 {
		b.expects100 = false
		if b.err = b.session.Interim(100, nil); b.err != nil {
			return 0, b.err
		}
	}
	return b.read(p)
}

func (b *body) read(p []byte) (n int, err error) {
	if b.framing.Kind == wire.ByChunks {
		n, err = b.readChunks(p)
	} else {
		n, err = b.readKnown(p)
	}
	if err != os.ErrDeadlineExceeded {
		b.err = err
	}
	return n, err
}

func (b *body) readKnown(p []byte) (n int, err error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), b.left)]
	s := b.session
	n = copy(p, s.in[s.r:s.w])
	s.r += n
	if n == 0 {
		n, err = b.receive(p)
	}
	b.left -= int64(n)
	return n, err
}

func (b *body) readChunks(p []byte) (int, error) {
	u := &b.unread
	for len(u.data) == 0 {
		if err := b.decode(); err != nil {
			return 0, err
		}
		switch {
		case len(u.data) > 0:
		case u.decoder.Done():
			return 0, io.EOF
		default:
			if err := b.refill(); err != nil {
				return 0, err
			}
		}
	}
	n := copy(p, u.data)
	u.data = u.data[n:]
	b.total += int64(n)
	if limit := b.session.conn.engine.Config.MaxBody; limit > 0 && b.total > limit {
		return 0, errTooLarge
	}
	return n, nil
}

// decode decodes received bytes until there is content to read.
func (b *body) decode() error {
	u, s := &b.unread, b.session
	for len(u.data) == 0 && !u.decoder.Done() {
		src := s.in[s.r:s.w]
		inInput := len(src) > 0
		if !inInput {
			src = u.src
		}
		if len(src) == 0 {
			return nil
		}
		data, used, fault := u.decoder.Next(src)
		if fault != wire.None {
			return &bodyError{"request content: " + fault.String(), fault.Status(), false}
		}
		u.data = data
		if inInput {
			s.r += used
		} else {
			u.src = u.src[used:]
		}
	}
	return nil
}

// refill receives more into the page.
func (b *body) refill() error {
	u := &b.unread
	if u.page == nil {
		u.page = takePage()
	}
	p := (*u.page)[:cap(*u.page)]
	n, err := b.receive(p)
	u.src = p[:n]
	return err
}

// receive reads from the connection, waiting for the client as long as it
// keeps up the pace.
func (b *body) receive(p []byte) (int, error) {
	c := b.session.conn
	e := c.engine
	defer c.readBy.Clear()
	for !b.stopped.Load() {
		by := b.pace.Pause(e.Clock.Now(), &e.Config)
		if b.by != 0 {
			by = min(by, b.by)
		}
		if b.patience != 0 {
			c.readBy.Set(min(by, b.patience))
		} else {
			c.readBy.Set(by)
		}
		n, err := c.net.Read(p)
		now := e.Clock.Now()
		b.pace.Resume(now)
		switch {
		case n > 0:
			b.moved += int64(n)
			b.pace.Progress(b.moved)
			return n, nil
		case !isTimeout(err):
			return 0, errCutOff
		case by <= now:
			return 0, errLate
		case c.readBy.Passed(now):
			return 0, b.restart()
		}
		_ = c.net.SetReadDeadline(time.Time{})
	}
	return 0, errStopped
}

// restart makes the connection readable again after a ReadWithin that gave up.
func (b *body) restart() error {
	if err := b.session.conn.net.SetReadDeadline(time.Time{}); err != nil {
		return errCutOff
	}
	return os.ErrDeadlineExceeded
}
