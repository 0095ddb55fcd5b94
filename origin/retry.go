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
	until  time.Duration // retries must have the response's head by then
	failed []*server     // nil: none has
}

// retry lets t try its server again over a fresh connection, after the request was
// sent over a dead kept one, and counts that.
func (o *Origin) retry(t *turn, a *attempts) {
	o.mu.Lock()
	o.servers[t.server].mu.retries++
	o.mu.Unlock()
	t.kept, t.until, t.now = nil, a.until, o.clock.now()
}

// next gives t a server that has not failed yet, after its own did. It reports false
// if there is none, or if no try or no time is left.
func (o *Origin) next(ctx context.Context, t *turn, a *attempts) bool {
	now := o.clock.now()
	if a.left == 0 || now >= a.until || o.ended(ctx) {
		return false
	}
	s := o.servers[t.server]
	a.left--
	a.failed = append(a.failed, s)
	other := turn{slot: t.slot, now: now, begun: now, until: a.until, alone: t.alone}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.mu.retries.allows(now) || !o.pickLocked(&other, a.failed) {
		return false
	}
	o.mu.retries.take(now)
	s.mu.failovers++
	o.popTurnLocked(&other)
	*t = other
	return true
}

// headLimit is how long the head of a response may take from t.now on.
func (o *Origin) headLimit(t *turn) time.Duration {
	limit := o.conf.HeadTimeout
	if t.until != 0 {
		limit = max(t.until-t.now, 1)
	}
	if t.limit != 0 {
		limit = min(limit, t.limit)
	}
	return limit
}

// tryLimit is how long the server of t may take for the response's head before another
// server is asked; 0: no other will be.
func (o *Origin) tryLimit(t *turn, a *attempts, again bool) time.Duration {
	if !again || t.alone || a.left == 0 || len(o.servers)-len(a.failed) < 2 {
		return 0
	}
	if o.conf.TryTimeout != 0 {
		return o.conf.TryTimeout
	}
	return o.conf.HeadTimeout / 2
}

// unsettled reports whether another server may be tried after failure: the connection
// or the time for this try ended before the response's head came, and nothing was sent
// to the client.
func unsettled(c *conn, failure *Error, t *turn) bool {
	switch failure.Kind {
	case ConnectionTerminated, ResponseIncomplete:
		return !c.informed
	case ResponseTimeout:
		return !c.informed && t.limit != 0
	}
	return false
}

// faults reports whether failure speaks against the server. A kept connection
// may end at any time, and one that ends while content is sent may do so
// because of that. If the server has answered a later request, only the page is slow.
func faults(c *conn, body *content, failure *Error, t *turn) bool {
	switch failure.Kind {
	case ResponseTimeout:
		return time.Duration(c.server.answered.Load()) <= t.begun
	case ConnectionWriteTimeout:
		return true
	case ConnectionTerminated, ResponseIncomplete:
		return !body.streamed() && !(c.kept && errors.Is(failure, errDead))
	}
	return false
}

// retriesStatus reports whether retry_status has the status.
func (o *Origin) retriesStatus(status int) bool { return slices.Contains(o.conf.RetryStatus, status) }

// doubt blames the server of t for a response with a status in retry_status, or
// trusts it.
func (o *Origin) doubt(t *turn, status int) {
	if statusFaults(status) {
		o.blame(t, fmt.Errorf("status %d", status))
	} else {
		o.trust(t)
	}
}

// statusFaults reports whether a status in retry_status speaks against the server.
// Others are about the resource, or the request.
func statusFaults(status int) bool { return status >= 500 || status == 429 }
