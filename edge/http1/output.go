package http1

import (
	"errors"
	"os"
	"sync"
	"time"
)

const (
	// copyMax is the largest content that is copied behind its head: one write
	// of one piece beats a gathering one up to here.
	copyMax = 16 << 10
	// batchMax is how much of the answers to pipelined requests is gathered.
	batchMax = 64 << 10
	pageSize = copyMax + 4<<10
	// stepMax is how many bytes are written at a time through a wrapper.
	stepMax = 64 << 10
)

// pages holds buffers for output and for chunked input.
var pages = sync.Pool{New: func() any { b := make([]byte, 0, pageSize); return &b }}

// takePage returns an empty buffer of pageSize or more.
func takePage() *[]byte { return pages.Get().(*[]byte) }

func releasePage(p *[]byte) {
	if cap(*p) > 2*batchMax {
		return
	}
	scribble((*p)[:cap(*p)])
	*p = (*p)[:0]
	pages.Put(p)
}

// output holds the bytes that go to the client next: the rest of buf, then the rest of
// vec, then the rest of tail, which is for sockets only.
type output struct {
	page    *[]byte // whose memory buf is; nil: none
	buf     []byte
	written int      // bytes of buf that were written
	vec     [][]byte // follows buf, not copied
	first   int      // pieces of vec that were written
	tail    attached // follows vec
	total   int64    // bytes written in all

	pieces [8][]byte // memory of step
}

// open readies buf for appending.
func (o *output) open() {
	if o.page == nil {
		o.page = takePage()
		o.buf = *o.page
	}
}

// close drops all pending bytes and gives the memory back.
func (o *output) close() {
	o.drop()
	if o.page != nil {
		*o.page = o.buf
		releasePage(o.page)
		o.page, o.buf = nil, nil
	}
}

// add has b written after all that is pending, but for the tail. b must stay as
// it is until then.
func (o *output) add(b []byte) {
	if len(b) > 0 {
		o.vec = append(o.vec, b)
	}
}

// end is where in all output the next byte of buf will stand.
func (o *output) end() int64 { return o.total + int64(len(o.buf)-o.written) }

func (o *output) pending() bool {
	return o.written < len(o.buf) || o.first < len(o.vec) || o.tail.left > 0
}

// copied reports whether all that is pending is in buf, and so is the output's
// own.
func (o *output) copied() bool { return len(o.vec) == 0 && o.tail.left == 0 }

// step returns the next pieces to write where there is no tail: at most stepMax bytes.
func (o *output) step() [][]byte {
	n, left := 0, stepMax
	add := func(p []byte) bool {
		p = p[:min(len(p), left)]
		if len(p) > 0 {
			o.pieces[n], left = p, left-len(p)
			n++
		}
		return left > 0 && n < len(o.pieces)
	}
	for more, i := add(o.buf[o.written:]), o.first; more && i < len(o.vec); i++ {
		more = add(o.vec[i])
	}
	return o.pieces[:n]
}

// consume notes that n bytes were written.
func (o *output) consume(n int) {
	o.total += int64(n)
	k := min(n, len(o.buf)-o.written)
	o.written += k
	for n -= k; n > 0 && o.first < len(o.vec); n -= k {
		piece := &o.vec[o.first]
		k = min(n, len(*piece))
		*piece = (*piece)[k:]
		if len(*piece) == 0 {
			o.first++
		}
	}
	if n > 0 {
		o.tail.at += int64(n)
		o.tail.left -= int64(n)
	}
	if !o.pending() {
		o.drop()
	}
}

func (o *output) drop() {
	o.buf, o.written = o.buf[:0], 0
	clear(o.vec)
	o.vec, o.first = o.vec[:0], 0
	o.tail = attached{}
}

// flush writes the session's output, waiting for the client as long as it
// keeps up the pace.
func (s *session) flush() error {
	c, o := s.conn, &s.out
	if c.sock != nil {
		return c.sock.flush(s)
	}
	config := &c.engine.Config
	s.pace.Progress(o.total)
	for o.pending() {
		c.writeBy.Set(s.pace.Pause(c.engine.Clock.Now(), config))
		pieces := o.step()
		n, err := c.net.Writev(pieces)
		clear(pieces)
		c.writeBy.Clear()
		s.pace.Resume(c.engine.Clock.Now())
		o.consume(n)
		s.pace.Progress(o.total)
		if n > 0 {
			c.watch.wrote.Add(1)
		}
		switch {
		case err == nil && c.net.Observable() && s.pace.TooSlow(config):
			return os.ErrDeadlineExceeded
		case err != nil && (n == 0 || !isTimeout(err) || s.pace.TooSlow(config)):
			return err
		case err != nil:
			_ = c.net.SetWriteDeadline(time.Time{})
		}
	}
	return nil
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
