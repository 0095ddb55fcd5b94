package origin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// attempts are what one fetch has tried.
type attempts struct {
	left   int           // further servers that may be tried
	until  time.Duration // no retry begins, nor lasts, longer
	failed []*server     // nil: none has
}

// retry gives t another try of its server, over a fresh connection, for a
// request that was sent over a kept one in vain, and counts it.
func (o *Origin) retry(t *turn, a *attempts) {
	o.mu.Lock()
	o.servers[t.server].mu.retries++
	o.mu.Unlock()
	t.kept, t.until, t.now = nil, a.until, o.clock.now()
}

// next gives t another server than those that have failed, t's own among them.
// It reports false if there is none, or no try or time is left.
func (o *Origin) next(ctx context.Context, t *turn, a *attempts) bool {
	now := o.clock.now()
	if a.left == 0 || now >= a.until || o.ended(ctx) {
		return false
	}
	s := o.servers[t.server]
	a.left--
	a.failed = append(a.failed, s)
	other := turn{now: now, begun: now, until: a.until, alone: t.alone}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.pickLocked(&other, a.failed) {
		return false
	}
	s.mu.failovers++
	o.popTurnLocked(&other)
	*t = other
	return true
}

// headLimit is how long the head of a response may take from t.now on.
func (o *Origin) headLimit(t *turn) time.Duration {
	if t.until == 0 {
		return o.conf.HeadTimeout
	}
	return max(t.until-t.now, 1)
}

// unsettled reports whether failure leaves open what another server would
// answer: the connection ended before the response's head, and the client has
// been sent nothing.
func unsettled(c *conn, failure *Error) bool {
	return (failure.Kind == ConnectionTerminated || failure.Kind == ResponseIncomplete) && !c.informed
}

// faults reports whether failure speaks against the server. A kept connection
// may end at any time, and one that ends while content is sent may do so
// because of that.
func faults(c *conn, body *content, failure *Error) bool {
	switch failure.Kind {
	case ResponseTimeout, ConnectionWriteTimeout:
		return true
	case ConnectionTerminated, ResponseIncomplete:
		return !body.streamed() && !(c.kept && errors.Is(failure, errDead))
	}
	return false
}

// retriesStatus reports whether the conf says that another server is to be
// asked after a response with this status.
func (o *Origin) retriesStatus(status int) bool { return slices.Contains(o.conf.RetryStatus, status) }

// doubt looks at a response with such a status.
func (o *Origin) doubt(t *turn, status int) {
	if statusFaults(status) {
		o.blame(t, fmt.Errorf("status %d", status))
	} else {
		o.trust(t)
	}
}

// statusFaults reports whether such a status speaks against the server too:
// others are about the resource, or the request.
func statusFaults(status int) bool { return status >= 500 || status == 429 }
