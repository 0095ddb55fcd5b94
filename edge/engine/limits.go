package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

// Capacity is how many client connections a process may have, and how much memory they
// may hold.
type Capacity struct {
	Connections int // at a time, on all listeners together
	// Waiting is how many bytes the connections may hold that wait for a request, and so
	// can be closed.
	Waiting int64
	// All is how many bytes all connections may hold, those with a request under way
	// included. At least Waiting.
	All int64
}

// Limits bounds the client connections of a process. Its methods may be called from
// any goroutine.
type Limits struct {
	capacity Capacity
	used     atomic.Int64 // bytes of all connections
	busy     atomic.Int64 // of these, what connections with a request under way hold
	heads    heads
	clients  clients
	counts   [CauseCount]atomic.Uint64

	freed chan struct{} // of size 1: a connection has ended while Admit waited

	mu sync.Mutex

	open  int
	gates []*Gate
}

// NewLimits returns limits without a connection.
func NewLimits(c Capacity) *Limits {
	c.All = max(c.All, c.Waiting)
	l := &Limits{capacity: c, freed: make(chan struct{}, 1)}
	l.clients.init()
	return l
}

// Cause is why a connection was closed early, or a connection or request refused. Its String is a metric
// label.
type Cause uint8

const (
	HeadEvicted    Cause = iota // its head was incomplete, and another connection needed its memory or descriptor
	IdleEvicted                 // it was idle, and another connection needed its memory or descriptor
	ClientEvicted               // its address opened another one, and may have no more
	ClientRefused               // its address has as many as it may, all with a request under way
	MemoryRefused               // the memory for connections is used up by requests under way
	RequestRefused              // a request: its client has as many under way as it may
	RequestMemory               // a request: the memory for connections is used up
	CauseCount
)

var causes = [CauseCount]string{
	HeadEvicted: "head-evicted", IdleEvicted: "idle-evicted", ClientEvicted: "client-evicted",
	ClientRefused: "client-refused", MemoryRefused: "memory-refused",
	RequestRefused: "client-requests", RequestMemory: "request-memory",
}

func (c Cause) String() string { return causes[c] }

// Used returns how many bytes connections hold now, and how many there are.
func (l *Limits) Used() (bytes int64, connections int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used.Load(), l.open
}

// Count returns how often a connection was closed or refused for a cause.
func (l *Limits) Count(c Cause) uint64 { return l.counts[c].Load() }

// enter counts a connection of g, if the limits allow it. Otherwise it reports which
// limit does not.
func (l *Limits) enter(g *Gate) (full, gateFull bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gateFull = g.limit > 0 && g.open >= g.limit
	full = l.open >= l.capacity.Connections
	if !full && !gateFull {
		l.open++
		g.open++
	}
	return full, gateFull
}

// leave counts the end of a connection of g.
func (l *Limits) leave(g *Gate) {
	l.mu.Lock()
	l.open--
	g.open--
	l.mu.Unlock()
	select {
	case l.freed <- struct{}{}:
	default:
	}
}

// reserve counts n bytes more. If there are too few, it closes connections that wait
// for a request. It reports false, and counts nothing, if requests under way hold too
// much.
func (l *Limits) reserve(n int64) bool {
	l.used.Add(n)
	for l.exceeded() && l.makeRoom() {
	}
	if l.used.Load() <= l.capacity.All {
		return true
	}
	l.used.Add(-n)
	return false
}

// exceeded reports whether connections that wait for a request must be closed.
func (l *Limits) exceeded() bool {
	used := l.used.Load()
	return used-l.busy.Load() > l.capacity.Waiting || used > l.capacity.All
}

// makeRoom closes the connection that comes first in the order of the package comment.
// It reports false if all have a request under way.
func (l *Limits) makeRoom() bool {
	return l.dropHead(headGrace) || l.dropIdle() || l.dropHead(0)
}

// dropHead closes the connection with the oldest head, if it began at least age ago.
func (l *Limits) dropHead(age time.Duration) bool {
	for a := l.heads.oldest(age); a != nil; a = l.heads.oldest(age) {
		if a.leave(HeadEvicted) {
			return true
		}
	}
	return false
}

// dropIdle closes an idle connection of any listener, or one with an old head.
func (l *Limits) dropIdle() bool {
	l.mu.Lock()
	gates := l.gates
	l.mu.Unlock()
	var best choice
	for _, g := range gates {
		best.better(g.choose())
	}
	return best.account != nil && best.rank < youngHead && best.account.leave(best.cause())
}
