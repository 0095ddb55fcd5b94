package origin

import (
	"context"
	"errors"
)

// http1 speaks HTTP/1.1 (RFC 9112). A connection carries one exchange at a time.
type http1 struct{ origin *Origin }

func (h *http1) exchange(ctx context.Context, t try, r *Request, body *content) result {
	o := h.origin
	for {
		c, err := o.connect(ctx, &t)
		if err != nil {
			return result{failure: err}
		}
		x, failure := o.sendOver(ctx, c, r, body, t)
		if failure != nil && errors.Is(failure, errSpoilt) {
			if c.unsolicited {
				o.noteUnsolicited(c.server)
			}
			o.again(&t)
			continue
		}
		got := result{response: x, failure: failure, reached: asked, informed: c.informed}
		if c.kept && atItsEnd(x, failure) {
			got.reached = outdated
		}
		return got
	}
}

// connect returns a connection to the server of t: t.kept if it is usable, else another
// kept one, else a new one. It updates t.now.
func (o *Origin) connect(ctx context.Context, t *try) (c *conn, err *Error) {
	if t.private {
		c = o.pinnedConn(t.kept)
	} else {
		c = o.keptConn(t.kept, t.now)
	}
	t.kept = nil
	if c == nil {
		c, err = o.open(ctx, t)
		t.now = o.clock.now()
	}
	return c, err
}

// sendOver sends r over c and reads up to the end of the final head. The response owns c
// from now on. After an error, c has ended.
func (o *Origin) sendOver(ctx context.Context, c *conn, r *Request, body *content, t try) (*Response, *Error) {
	x := r.Into
	if x == nil {
		x = new(Response)
	}
	*x = Response{origin: o, slot: t.slot, content: body}
	e := &x.http1
	e.origin, e.slot, e.conn, e.ctx, e.limit = o, t.slot, c, ctx, o.headLimit(&t)
	x.exchange = e
	c.informed, c.private, c.pin = false, c.private || t.private, r.Pin
	e.buffer = getBuffer()
	e.mem = e.buffer[:]
	e.attached = attach(ctx, c)
	if !t.slot.bind(c) {
		c.abort()
	}
	failure := e.send(r, body, t.now)
	if failure == nil {
		failure = e.readHeads(r)
	}
	if failure != nil {
		failure = e.explain(failure)
		x.retire(discard)
		return nil, failure
	}
	x.Status, x.Fields, x.Length = c.head.Status, c.head.Fields, c.head.Content.Length
	return x, nil
}

// atItsEnd reports whether the result of an exchange on a kept connection shows only that
// the server had closed the connection, or was about to.
func atItsEnd(x *Response, failure *Error) bool {
	if failure != nil {
		return errors.Is(failure, errDead)
	}
	return x.Status == 408 && !x.http1.keepAlive
}
