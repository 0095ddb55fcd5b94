package engine

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Stage is how far a connection is with its next request.
type Stage uint8

const (
	Busy Stage = iota // a request is under way
	Head              // nothing has come yet on a new connection, or a part of a head
	Idle              // a request was answered, nothing of the next has come
)

// Owner is a connection as an engine runs it. Its methods are called from other
// goroutines, and do not wait.
type Owner interface {
	// Waits says what the connection waits for, and how long it has.
	Waits() (Stage, time.Duration)
	// Leave has the connection end, after the reply if a request has come meanwhile.
	Leave()
}

// Account is what one connection holds. Its own goroutine calls the methods. A nil
// Account is of a connection without limits.
type Account struct {
	gate    *Gate
	client  *client // nil: the peer is not counted
	owner   Owner
	cost    int64        // bytes of the connection itself
	held    atomic.Int64 // bytes counted for it
	leaving atomic.Bool  // asked to leave

	at [setKinds]int // positions in the sets; guarded as these

	// Guarded by heads.mu.
	older, newer *Account
	queued       bool
	began        time.Time
}

// Bind begins to let the connection give way: owner is asked what it waits for.
func (a *Account) Bind(owner Owner) {
	if a == nil {
		return
	}
	a.owner = owner
	a.gate.add(a)
	a.gate.limits.clients.add(a)
}

// BeginHead notes that the connection is at the stage Head.
func (a *Account) BeginHead() {
	if a != nil {
		a.gate.limits.heads.push(a)
	}
}

// EndHead notes that it is no longer.
func (a *Account) EndHead() {
	if a != nil {
		a.gate.limits.heads.remove(a)
	}
}

// Hold sets what the connection holds to n bytes beyond its own cost. It reports
// false, and changes nothing, if there is not so much.
func (a *Account) Hold(n int64) bool {
	if a == nil {
		return true
	}
	more := a.cost + n - a.held.Load()
	switch {
	case more <= 0:
		a.free(-more)
	case a.leaving.Load(): // it was counted out when it was asked to leave
	case !a.gate.limits.reserve(more):
		return false
	default:
		a.held.Add(more)
	}
	return true
}

// Force is Hold for what is held already.
func (a *Account) Force(n int64) {
	if a == nil {
		return
	}
	more := a.cost + n - a.held.Load()
	if more <= 0 {
		a.free(-more)
		return
	}
	a.gate.limits.used.Add(more)
	a.held.Add(more)
}

// free counts n bytes out, or what there is.
func (a *Account) free(n int64) {
	for {
		held := a.held.Load()
		n = min(n, held)
		if a.held.CompareAndSwap(held, held-n) {
			a.gate.limits.used.Add(-n)
			return
		}
	}
}

// Begin counts a request that will take time, on behalf of a client. It reports
// false if the client has as many as it may. End must follow a true.
func (a *Account) Begin(from netip.Addr) bool {
	if a == nil || a.gate.limits.clients.begin(from, a.gate.requests) {
		return true
	}
	a.Refused(RequestRefused)
	return false
}

// End counts the end of a request for which Begin said yes.
func (a *Account) End(from netip.Addr) {
	if a != nil {
		a.gate.limits.clients.end(from)
	}
}

// Refused counts a refusal.
func (a *Account) Refused(c Cause) {
	if a != nil {
		a.gate.limits.counts[c].Add(1)
	}
}

// Leaving reports whether the connection was asked to leave.
func (a *Account) Leaving() bool { return a != nil && a.leaving.Load() }

// Close ends the account with its connection.
func (a *Account) Close() {
	if a == nil {
		return
	}
	l := a.gate.limits
	if a.owner != nil {
		l.heads.remove(a)
		a.gate.remove(a)
	}
	l.clients.remove(a)
	l.used.Add(-a.held.Swap(0))
	l.leave(a.gate)
}

// leave asks the connection to leave, and reports whether this is the first time. What
// it holds is counted out at once: it ends as soon as its goroutine runs.
func (a *Account) leave(why Cause) bool {
	if a.leaving.Swap(true) {
		return false
	}
	l := a.gate.limits
	l.counts[why].Add(1)
	l.used.Add(-a.held.Swap(0))
	a.owner.Leave()
	return true
}
