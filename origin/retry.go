package origin

import (
	"context"
	"time"
)

// attempts are the tries of one fetch.
type attempts struct {
	left  int           // further servers that may be tried
	until time.Duration // retries must have the response's head by then
	tried []triedServer // nil: none
}

// retry lets t try its server again over a fresh connection, after the request was
// sent over a dead kept one, and counts that.
func (o *Origin) retry(t *try, a *attempts) {
	o.mu.Lock()
	t.server.mu.retries++
	o.mu.Unlock()
	t.kept, t.until, t.now = nil, a.until, o.clock.now()
}

// next gives t a server that has not been tried yet, after its own failed for why. It reports false
// if there is none, or if no try or no time is left.
func (o *Origin) next(ctx context.Context, r *Request, t *try, a *attempts, why triedServer) bool {
	now := o.clock.now()
	if a.left == 0 || now >= a.until || o.ended(ctx) {
		return false
	}
	a.left--
	a.tried = append(a.tried, why)
	other := try{slot: t.slot, now: now, begun: now, until: a.until, private: t.private}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.mu.retries.allows(now) || !o.chooseLocked(&other, r, a.tried) {
		return false
	}
	o.mu.retries.take(now)
	t.server.mu.failovers++
	o.popLocked(&other)
	*t = other
	return true
}

// headLimit is how long the head of a response may take from t.now on.
func (o *Origin) headLimit(t *try) time.Duration {
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
func (o *Origin) tryLimit(t *try, a *attempts, again bool) time.Duration {
	if !again || t.private || a.left == 0 || len(o.servers)-len(a.tried) < 2 {
		return 0
	}
	if o.conf.TryTimeout != 0 {
		return o.conf.TryTimeout
	}
	return o.conf.HeadTimeout / 2
}
