package http1

import (
	"errors"
	"net/netip"
	"time"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// Memory that a connection takes, in bytes, as measured.
const (
	// Cost is for a connection that waits: its goroutine, its state in the runtime and
	// the engine, and the kernel's socket.
	Cost = 8 << 10
	// busyCost is for a request under way: session, exchange, the handler's state, a
	// deeper stack and a page for output.
	busyCost = 28 << 10
	// usedCost is for each byte of the head, in addition to the input: the fields for the origin,
	// and the object's copy of the fields.
	usedCost = 2
	// targetCost is for each byte of the target, in addition to usedCost: URL, key, the texts of fill and
	// object.
	targetCost = 4
	// contentCost is the most for content of known length: the bytes on their way to the
	// origin.
	contentCost = 52 << 10
	// chunkedCost is for request content in the chunked coding: a page, and trailers.
	chunkedCost = pageSize + 16<<10
	// tunnelCost is for a tunnel: another goroutine, and two pages.
	tunnelCost = 8<<10 + 2*pageSize
)

// errNoRoom ends a connection if there is no memory for its incomplete head.
var errNoRoom = errors.New("no memory for the head of a request")

// Waits implements engine.Owner.
func (c *conn) Waits() (engine.Stage, time.Duration) {
	stage, now := engine.Stage(c.stage.Load()), c.engine.Clock.Now()
	if stage == engine.Head {
		return stage, now - time.Duration(c.since.Load())
	}
	return stage, now - (c.readBy.By() - c.engine.Config.IdleTimeout)
}

// Leave implements engine.Owner.
func (c *conn) Leave() {
	c.leaving.Store(true)
	c.Wake()
}

// beginHead makes the connection count as one with an incomplete head.
func (c *conn) beginHead() {
	if c.headCounted {
		return
	}
	c.headCounted = true
	c.since.Store(int64(c.engine.Clock.Now()))
	c.stage.Store(uint32(engine.Head))
	c.account.BeginHead()
}

// enterStage notes that the connection is at another stage than Head.
func (c *conn) enterStage(to engine.Stage) {
	c.stage.Store(uint32(to))
	if c.headCounted {
		c.headCounted = false
		c.partialHead = nil
		c.account.EndHead()
	}
	if to == engine.Idle {
		c.account.Hold(0)
	}
}

// memory is how many bytes a request under way holds.
func (s *session) memory() int64 {
	n := busyCost + s.inputMemory() + usedCost*len(s.used) + targetCost*len(s.x.Request.URL.Target)
	if s.body != nil {
		if s.body.framing.Kind == wire.ByChunks {
			n += chunkedCost
		} else {
			n += int(min(s.body.framing.Length, contentCost))
		}
	}
	return int64(n)
}

// inputMemory is how many bytes the session's input takes beyond its own buffer.
func (s *session) inputMemory() int { return max(len(s.in)-inputSize, 0) }

// countRequest counts a request that has to wait for the origin or the disk. If a limit does
// not allow it, the handler is told why. It returns the client, and whether the request
// is counted for it.
func (s *session) countRequest() (counted bool, from netip.Addr) {
	a := s.conn.account
	s.x.Limit = message.ReasonNone
	if s.answered || s.refusal.Status != 0 {
		a.Force(s.memory())
		return false, from
	}
	if !a.Serve(s.memory()) {
		a.Refused(engine.RequestMemory)
		s.x.Limit = message.ReasonMemory
		return false, from
	}
	from = s.x.Request.Client()
	if !a.Begin(from) {
		s.x.Limit = message.ReasonClientRequests
		return false, from
	}
	return true, from
}
