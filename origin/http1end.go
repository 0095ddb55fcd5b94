package origin

import (
	"io"

	"brink/edge/wire"
)

func (e *http1Exchange) end(how disposal) {
	c, s := e.conn, e.slot
	if how == discard {
		e.part(false)
		e.origin.drop(c)
		return
	}
	if e.err == nil {
		for e.ahead() != nil {
			// What has been read already may be the rest.
		}
	}
	keep := e.reusable()
	extra := how == release && e.err == io.EOF && e.framing != wire.ByClose && unsolicited(e.mem[e.from:e.to])
	if keep = e.part(keep); how == park {
		e.origin.park(c, s, keep)
	} else {
		e.origin.release(c, s, keep)
	}
	if extra {
		e.origin.noteUnsolicited(c.server)
	}
}

// reusable reports whether the next response on the connection can only be
// that to the next request (RFC 9112 section 9.3).
func (e *http1Exchange) reusable() bool {
	if e.err != io.EOF || !e.keepAlive || e.framing == wire.ByClose || e.from != e.to || e.aborted.Load() {
		return false
	}
	e.upload.awaitLastWrite()
	return e.upload.whole()
}

// part parts with the connection and the slot. It aborts the connection unless that can
// be kept, which it reports. The connection must be released or dropped then.
func (e *http1Exchange) part(keep bool) bool {
	c := e.conn
	e.conn, e.slot = nil, nil
	if !e.attached.detach() {
		keep = false
	}
	if !keep {
		c.abort()
	}
	e.upload.halt()
	if keep && cap(c.head.Fields.List) > maxKeptFields {
		c.head.Fields = wire.Fields{}
	}
	return keep
}

func (e *http1Exchange) free() {
	putBuffer(e.buffer)
	putBuffer(e.spill)
	putBuffer(e.stage)
	e.buffer, e.spill, e.stage, e.mem, e.rest = nil, nil, nil, nil, nil
	e.from, e.to = 0, 0
	if e.err == nil || e.err == io.EOF {
		e.err = errClosed
	}
}

// abort may be called while another goroutine reads content.
func (e *http1Exchange) abort() {
	e.aborted.Store(true)
	e.conn.abort()
}

func (e *http1Exchange) sent() bool { return e.upload.over() }

func (e *http1Exchange) private() bool { return e.conn.private }

func (e *http1Exchange) pin(p *Pin) { e.conn.pin = p }
