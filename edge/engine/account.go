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
	Head              // a part of a head has come, or nothing yet on a new connection
	Idle              // a request was answered, and nothing of the next one has come
)

// Owner is the engine's side of a connection. Its methods are called from other
// goroutines, and do not block.
type Owner interface {
	// Waits returns the stage of the connection, and for how long it has waited.
	Waits() (Stage, time.Duration)
	// Leave closes the connection; if a request has come meanwhile, after the reply.
	Leave()
}

// Account counts what one connection holds. Only the connection's goroutine calls its
// methods. A nil Account means that the connection has no limits.
type Account struct {
	gate    *Gate
	client  *client // nil: the peer is not counted
	owner   Owner
	cost    int64        // bytes of the connection itself
	held    atomic.Int64 // bytes counted for it
	busy    atomic.Int64 // of these, what counts as held by a request under way: all or nothing
	leaving atomic.Bool  // asked to leave

	at [setKinds]int // positions in the sets; guarded like these

	// Guarded by heads.mu.
	older, newer *Account
	queued       bool
	began        time.Time
}

// Bind sets the owner. From then on the connection may be closed for others.
func (a *Account) Bind(owner Owner) {
	if a == nil {
		return
	}
	a.owner = owner
	a.gate.add(a)
	a.gate.limits.clients.add(a)
}

// BeginHead notes that the stage Head begins.
func (a *Account) BeginHead() {
	if a != nil {
		a.gate.limits.heads.push(a)
	}
}

// EndHead notes that the stage Head is over.
func (a *Account) EndHead() {
	if a != nil {
		a.gate.limits.heads.remove(a)
	}
}

// Hold sets what a connection that waits for a request holds to n bytes beyond its own
// cost. It reports false, and changes nothing, if there is not so much memory.
func (a *Account) Hold(n int64) bool {
	if a == nil {
		return true
	}
	a.works(0)
	return a.hold(n)
}

// Serve is Hold for a connection with a request under way.
func (a *Account) Serve(n int64) bool {
	if a == nil || a.leaving.Load() { // leave has given its memory back
		return true
	}
	a.works(a.cost + n)
	if !a.hold(n) {
		a.works(a.held.Load())
		return false
	}
	return true
}

// Force is Serve for memory that the connection holds already: it cannot fail.
func (a *Account) Force(n int64) {
	if a == nil {
		return
	}
	a.works(a.cost + n)
	more := a.cost + n - a.held.Load()
	if more <= 0 {
		a.free(-more)
		return
	}
	a.gate.limits.used.Add(more)
	a.held.Add(more)
}

func (a *Account) hold(n int64) bool {
	more := a.cost + n - a.held.Load()
	switch {
	case more <= 0:
		a.free(-more)
	case a.leaving.Load():
	case !a.gate.limits.reserve(more):
		return false
	default:
		a.held.Add(more)
	}
	return true
}

// works sets how many bytes count as held by a request under way.
func (a *Account) works(n int64) {
	if old := a.busy.Swap(n); old != n {
		a.gate.limits.busy.Add(n - old)
	}
}

// free gives back n bytes, or as many as the account holds.
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

// Begin counts a request of a client that has to wait for the origin or the disk. It
// reports false if the client has as many as it may. If it reports true, End must follow.
func (a *Account) Begin(from netip.Addr) bool {
	if a == nil || a.gate.limits.clients.begin(from, a.gate.requests) {
		return true
	}
	a.Refused(RequestRefused)
	return false
}

// End ends a request for which Begin reported true.
func (a *Account) End(from netip.Addr) {
	if a != nil {
		a.gate.limits.clients.end(from)
	}
}

// Refused counts a refused request.
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
	a.works(0)
	l.used.Add(-a.held.Swap(0))
	l.leave(a.gate)
}

// leave asks the owner to close the connection. It reports false if that was done
// before. The memory counts as free at once, as the connection will end soon.
func (a *Account) leave(why Cause) bool {
	if a.leaving.Swap(true) {
		return false
	}
	l := a.gate.limits
	l.counts[why].Add(1)
	a.works(0)
	l.used.Add(-a.held.Swap(0))
	a.owner.Leave()
	return true
}
