package http1

import (
	"io"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"brink/edge/nowait"
)

// socket reads and writes a TCP connection's descriptor from inside the wait
// for it, so that a request that can be answered at once costs one read and
// one write, and a connection that waits holds no buffer.
//
// The wait is edge-triggered: after a short read the socket is empty, and the goroutine
// waits without a second read that would fail. So it can miss a close that came with the
// last bytes; the sweep looks for that (conn.closeUnchecked). On a connection's first
// input such a close is likely, so the second read is made.
type socket struct {
	conn *conn
	raw  syscall.RawConn
	fd   int // the descriptor inside onInput, -1 elsewhere

	onInput, onOutput func(fd uintptr) bool // allocated once
	outcome           outcome
	err               error
}

const (
	// aloneMax is the largest content from a file, in bytes, whose head is sent at once,
	// in a packet of its own. The head of larger content shares a packet with it. BBR
	// spaces packets out by timers. Over loopback with BBR, where a packet has 64 KiB, a
	// packet of its own costs a fifth less for content of a few packets, and a shared one
	// is twice as fast for content of many. Without BBR there is no difference.
	aloneMax = 256 << 10
)

// newSocket returns nil if the connection is not plain TCP.
func newSocket(c *conn) *socket {
	raw := c.net.Direct()
	if raw == nil {
		return nil
	}
	k := &socket{conn: c, raw: raw, fd: -1}
	k.onInput, k.onOutput = k.input, k.output
	return k
}

// receive waits for input until there is more to do than waiting.
func (k *socket) receive() (outcome, error) {
	k.err = nil
	err := k.raw.Read(k.onInput)
	k.fd = -1
	if err == nil {
		err = k.err
	}
	return k.outcome, err
}

// input is called when there may be input. It returns false to wait for more.
func (k *socket) input(fd uintptr) bool {
	c := k.conn
	k.fd = int(fd)
	for {
		s := c.acquireSession()
		room := s.room()
		n, err := nowait.Read(k.fd, room)
		switch {
		case err == unix.EAGAIN:
			k.outcome = finished
			if !c.suspend() {
				k.err = errNoRoom
				return true
			}
			if c.last && c.leaving.Load() {
				if c.fresh || c.partialHead != nil {
					c.closing = closeReset // no reply follows to the bytes that it has sent
				}
				return true
			}
			return c.last && c.partialHead == nil
		case err != nil || n == 0:
			k.outcome, k.err = finished, io.EOF
			return true
		}
		k.outcome = s.received(n)
		for k.outcome != needInput && k.outcome != finished && s.fitsInline() {
			k.outcome = s.step(k.outcome)
		}
		k.err = nil // the outcome says what happened to a reply
		if k.outcome != needInput {
			return true
		}
		if n < len(room) && c.reads > 1 && !c.last {
			if !c.suspend() {
				k.outcome, k.err = finished, errNoRoom
				return true
			}
			if !c.closeUnchecked.Load() {
				c.closeUnchecked.Store(true)
			}
			return false
		}
	}
}

// flushNow writes what the socket takes at once, inside onInput.
func (k *socket) flushNow(o *output) (whole bool, err error) {
	for o.pending() {
		err := o.writeNow(k.fd)
		if err == unix.EAGAIN {
			return false, nil
		}
		if err != nil {
			return true, err
		}
	}
	return true, nil
}

// flush writes the session's output, waiting for the socket as long as the
// client keeps taking it.
func (k *socket) flush(s *session) error {
	c := k.conn
	defer c.writeBy.Clear()
	for s.out.pending() {
		k.err = nil
		err := k.raw.Write(k.onOutput)
		if err == nil {
			err = k.err
		}
		if err != nil && !k.stillTaking(s, err) {
			return err
		}
	}
	return nil
}

// output is called when the socket may take more.
func (k *socket) output(fd uintptr) bool {
	c := k.conn
	s := c.session
	s.pace.Resume(c.engine.Clock.Now())
	for s.out.pending() {
		err := s.out.writeNow(int(fd))
		if err == unix.EAGAIN {
			s.pace.Progress(s.out.total - nowait.Unsent(int(fd)))
			c.writeBy.Set(s.pace.Pause(c.engine.Clock.Now(), &c.engine.Config))
			return false
		}
		if err != nil {
			k.err = err
			return true
		}
		c.watch.wrote.Add(1)
	}
	return true
}

// stillTaking reports whether a write that was broken off may go on: the
// client has not stopped taking what the kernel holds for it.
func (k *socket) stillTaking(s *session, err error) bool {
	c := k.conn
	now := c.engine.Clock.Now()
	if !isTimeout(err) {
		return false
	}
	if c.writeBy.Passed(now) {
		s.pace.Resume(now)
		if !s.pace.Progress(s.out.total-c.net.Unsent()) || s.pace.TooSlow(&c.engine.Config) {
			return false
		}
	}
	return c.net.SetWriteDeadline(time.Time{}) == nil
}

// writeNow writes as much of the output as the socket takes.
func (o *output) writeNow(fd int) error {
	for {
		n, err := o.writeOnce(fd)
		if err == nil {
			o.consume(n)
		}
		if err != unix.EINTR {
			return err
		}
	}
}

func (o *output) writeOnce(fd int) (n int, err error) {
	switch {
	case o.first < len(o.vec):
		var parts [nowait.Pieces][]byte
		parts[0] = o.buf[o.written:]
		return nowait.Writev(fd, parts[:1+copy(parts[1:], o.vec[o.first:])])
	case o.written < len(o.buf) && o.tail.left > aloneMax:
		return nowait.SendMore(fd, o.buf[o.written:])
	case o.written < len(o.buf):
		return nowait.Write(fd, o.buf[o.written:])
	}
	return o.sendTail(fd)
}

// sendTail sends attached content as far as the socket takes it. After any error, the
// rest is written from memory, which has the same bytes. So a fault of the file costs no
// client its reply, and a fault of the socket shows when the bytes are written.
func (o *output) sendTail(fd int) (n int, err error) {
	t := &o.tail
	at := t.at
	n, err = nowait.Sendfile(fd, int(t.file.Fd()), &at, t.left)
	runtime.KeepAlive(t.file)
	switch {
	case n > 0:
		return n, nil
	case err == unix.EAGAIN || err == unix.EINTR:
		return 0, err
	}
	o.detach()
	return 0, nil
}
