package http1

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"

	"brink/edge/engine"
)

// conn is what a connection holds while it waits. All else is in its session,
// which it has only while it has something to do.
//
//	         +-----------------------------------------------------+
//	         v                                                     |
//	wait for input --> needInput: no complete head yet ------------+
//	                   needOutput: a reply does not fit the socket +
//	                   needWait: a handler, a body, a refusal -----+
//	                   finished --> end
type conn struct {
	// A sweep looks at these fields. They stand together, as it passes many
	// connections that have long left the processor's cache.
	entry           engine.Entry
	readBy, writeBy engine.Deadline
	closeUnchecked  atomic.Bool   // it waits, and has not checked yet whether the client has closed
	stage           atomic.Uint32 // an engine.Stage. While a request is answered at once it stays Idle or Head
	since           atomic.Int64  // when the stage Head began, on the engine's clock
	leaving         atomic.Bool   // the connection is closed to make room for others
	watch           watch
	sock            *socket // nil: the connection is wrapped, as by TLS, or none of TCP

	engine      *Engine
	net         *engine.Conn
	account     *engine.Account // nil: the connection has no limits
	session     *session        // nil: nothing is at hand, or partialHead has it
	partialHead []byte          // the incomplete head that has come so far
	seen        int             // bytes of partialHead in which no end of a head was found
	headCounted bool            // the account is among the incomplete heads
	held        io.Closer       // kept by the handler with the connection; nil: nothing
	fresh       bool            // nothing was received yet
	inHead      bool            // readBy limits the head, not the idle time
	trusted     bool            // the peer is a trusted proxy
	last        bool            // the connection answers the requests that have come, and waits for no more
	late        lateWrite       // of a wrapper
	skipped     bool            // the one empty line allowed before a request has come
	reads       uint8           // of input, up to 2
	unread      bool            // the client sent, or may still send, bytes that nobody reads
	closing     closing
}

// outcome is how a step along the connection ended.
type outcome uint8

const (
	needInput  outcome = iota // more input is needed
	proceed                   // there is a request, or an answer was sent: go on
	needWait                  // the next step may take time
	needOutput                // output is left that the socket did not take
	finished                  // the connection ends
)

// closing is how a connection ends.
type closing uint8

const (
	closeNow       closing = iota // at once: the client left, or is idle
	closeLingering                // so that the client gets the last reply, even if it still sends
	closeReset                    // so that the client sees that the last reply is incomplete
)

func newConn(e *Engine, nc *engine.Conn, a *engine.Account) *conn {
	c := &conn{engine: e, net: nc, account: a, fresh: true}
	c.trusted = e.Config.Trusted.Trusts(nc.Peer.Addr())
	c.sock = newSocket(c)
	return c
}

func (c *conn) run() {
	c.awaitRequest()
	c.account.Bind(c)
	c.beginHead()
	for v := needInput; v != finished; {
		if v == needInput {
			v = c.await()
			continue
		}
		v = c.session.step(v)
	}
	c.end()
}

// awaitRequest notes that the connection may wait for a request.
func (c *conn) awaitRequest() {
	c.inHead, c.skipped = false, false
	if c.headCounted {
		c.enterStage(engine.Idle)
	}
	c.readBy.Set(c.engine.Clock.Coarse() + c.engine.Config.IdleTimeout)
}

// acquireSession returns the session, with one from the pool if there is none.
func (c *conn) acquireSession() *session {
	if c.session == nil {
		c.session = newSession(c)
		if c.partialHead != nil {
			c.session.unpack()
		}
	}
	return c.session
}

// suspend prepares the connection to wait for input: it gives the session back. The
// connection keeps an incomplete head, which must be complete in time. suspend reports
// false if there is no memory for that.
func (c *conn) suspend() bool {
	s := c.session
	some := len(c.partialHead) > 0
	if s != nil {
		some = s.r < s.w
	}
	if (some || c.skipped) && !c.inHead {
		c.inHead = true
		c.readBy.Set(c.engine.Clock.Now() + c.engine.Config.HeadTimeout)
		c.beginHead()
	}
	if !some {
		c.partialHead = nil
	}
	fits := !some || s == nil || s.pack()
	c.release()
	return fits
}

func (c *conn) release() {
	if c.session != nil {
		c.session.release()
		c.session = nil
	}
}

// await waits for input and has the session look at it.
func (c *conn) await() outcome {
	for {
		if !c.suspend() {
			c.closing = closeReset
			return finished
		}
		if c.leaving.Load() && !c.last { // it was asked to leave while it did not wait
			c.waitNoMore()
		}
		v, err := c.receive()
		if err == nil {
			return v
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return finished
		}
		if v := c.woken(); v != needInput {
			return v
		}
	}
}

// receive waits for input until there is more to do than waiting.
func (c *conn) receive() (outcome, error) {
	if c.sock != nil {
		return c.sock.receive()
	}
	for {
		s := c.acquireSession()
		n, err := c.net.Read(s.room())
		if n > 0 {
			if v := s.received(n); v != needInput {
				return v, nil
			}
		}
		switch {
		case err != nil:
			return finished, err
		case !c.suspend():
			return finished, nil
		case c.last && c.leaving.Load():
			c.closing = closeReset
			return finished, nil
		case c.last && c.partialHead == nil:
			return finished, nil
		}
	}
}

// waitNoMore makes the connection answer the requests that have come, and then end.
func (c *conn) waitNoMore() {
	c.last = true
	if c.sock == nil { // a part of a record may have come
		c.readBy.Set(c.engine.Clock.Now() + time.Second)
	}
	_ = c.net.SetReadDeadline(time.Time{})
}

// exhausted reports whether a connection that ends has read all that has come.
func (c *conn) exhausted() bool {
	switch {
	case c.sock == nil:
		return c.last || c.net.Empty()
	case c.leaving.Load():
		return c.last && c.net.Empty()
	}
	return c.last
}

// woken finds out why a wait for a request was broken off.
func (c *conn) woken() outcome {
	e := c.engine
	now := e.Clock.Now()
	switch {
	case c.leaving.Load():
		if c.exhausted() {
			if c.inHead || c.fresh {
				c.closing = closeReset // no reply follows to the bytes that it has sent
			}
			return finished
		}
		c.waitNoMore()
	case c.readBy.Passed(now) && c.inHead:
		_ = c.net.SetReadDeadline(time.Time{})
		s := c.acquireSession()
		s.reset()
		return s.refuse(408, "head not complete in time")
	case c.readBy.Passed(now):
		return finished
	case e.Draining() && !c.inHead && c.fresh:
		c.fresh = false
		c.readBy.Set(now + time.Second)
	case e.Draining() && !c.inHead:
		if c.exhausted() {
			return finished
		}
		c.waitNoMore()
	}
	_ = c.net.SetReadDeadline(time.Time{})
	return needInput
}

// Inspect implements engine.Tracked: it wakes c where it is late. The goroutine that is
// woken finds out why, so waking one that is not late after all does no harm.
func (c *conn) Inspect(now time.Duration) {
	if c.readBy.Passed(now) {
		c.Wake()
	}
	if c.writeBy.Passed(now) {
		c.writeLate(now)
	}
	if c.closeUnchecked.Load() {
		c.closeUnchecked.Store(false)
		if c.net.Ended() != engine.EndNone {
			c.Wake()
		}
	}
	c.checkClient()
}

// lateWrite is a wrapper's last write that was late. Only Inspect uses it.
type lateWrite struct {
	number uint32 // the value of watch.wrote during the write, and 1
	acked  uint64 // bytes that the client had acknowledged when the write was late
}

// writeLate breaks off a write that has lasted too long. A wrapper cannot go on after a
// write that was broken off: a TLS record would be in pieces. So its write lasts while the
// client keeps taking bytes, at MinRate from the second time on, and ends with the
// connection.
func (c *conn) writeLate(now time.Duration) {
	if c.sock != nil || !c.net.Observable() {
		_ = c.net.SetWriteDeadline(engine.Past)
		return
	}
	config := &c.engine.Config
	l := lateWrite{number: c.watch.wrote.Load() + 1, acked: c.net.Acked()}
	least := uint64(1)
	if l.number == c.late.number {
		least = max(least, uint64(float64(config.MinRate)*config.BodyTimeout.Seconds()))
	}
	if l.acked >= c.late.acked+least {
		c.late = l
		c.writeBy.Extend(now, now+config.BodyTimeout)
		return
	}
	go c.net.Reset()
}

// Wake breaks off a wait for input, from any goroutine.
func (c *conn) Wake() { _ = c.net.SetReadDeadline(engine.Past) }

// Cut ends the connection at once, from any goroutine. It does not wait for the
// descriptor to be free, which it is not while a request is served inside the
// wait for it.
func (c *conn) Cut() { go c.net.Cut() }

// end closes the connection.
func (c *conn) end() {
	c.closeHeld()
	c.partialHead = nil
	switch c.closing {
	case closeLingering:
		c.linger()
	case closeReset:
		c.net.Reset()
	}
	_ = c.net.Close()
	c.release()
}
