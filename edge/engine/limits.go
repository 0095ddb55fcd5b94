package engine

import (
	"sync"
	"sync/atomic"
	"time"
)

// Config is what the client connections of a process may have.
type Config struct {
	Connections int // at a time, on all listeners together
	// Waiting is how many bytes connections may hold while others that wait for a
	// request can give way.
	Waiting int64
	// All is how many bytes they may hold at most, requests under way included. Not
	// less than Waiting.
	All int64
}

// Limits bounds the client connections of a process. Its methods may be called from
// any goroutine.
type Limits struct {
	config  Config
	used    atomic.Int64 // bytes
	heads   heads
	clients clients
	counts  [CauseCount]atomic.Uint64

	freed chan struct{} // holds one: a connection has ended while somebody waited

	mu sync.Mutex

	open  int
	gates []*Gate
}

// New returns limits without a connection.
func New(c Config) *Limits {
	c.All = max(c.All, c.Waiting)
	l := &Limits{config: c, freed: make(chan struct{}, 1)}
	l.clients.init()
	return l
}

// Cause is why a connection was ended early, or not served. Its String is a metric
// label.
type Cause uint8

const (
	HeadEvicted    Cause = iota // its head was unfinished, and another connection needed the room
	IdleEvicted                 // it was idle, and another connection needed the room
	ClientEvicted               // its client address opened another one, and may have no more
	ClientRefused               // its client address has as many as it may, all with a request under way
	MemoryRefused               // the memory for connections is used up by requests under way
	RequestRefused              // a request: its client address has as many under way as it may
	RequestMemory               // a request: the memory for connections is used up
	CauseCount
)

var causes = [CauseCount]string{
	HeadEvicted: "head-evicted", IdleEvicted: "idle-evicted", ClientEvicted: "client-evicted",
	ClientRefused: "client-refused", MemoryRefused: "memory-refused",
	RequestRefused: "client-requests", RequestMemory: "request-memory",
}

func (c Cause) String() string { return causes[c] }

// Used returns the bytes that connections hold now, and the connections.
func (l *Limits) Used() (bytes int64, connections int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used.Load(), l.open
}

// Count returns how often something was ended or refused.
func (l *Limits) Count(c Cause) uint64 { return l.counts[c].Load() }

// enter takes a place for a connection of g. It reports which limit leaves none.
func (l *Limits) enter(g *Gate) (full, gateFull bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gateFull = g.limit > 0 && g.open >= g.limit
	full = l.open >= l.config.Connections
	if !full && !gateFull {
		l.open++
		g.open++
	}
	return full, gateFull
}

// leave gives a place back.
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

// reserve counts n bytes in. Connections that wait give way for them. It reports
// false, and counts nothing, if requests under way hold too much.
func (l *Limits) reserve(n int64) bool {
	if used := l.used.Add(n); used <= l.config.Waiting {
		return true
	}
	for l.used.Load() > l.config.Waiting && l.makeRoom() {
	}
	if l.used.Load() <= l.config.All {
		return true
	}
	l.used.Add(-n)
	return false
}

// makeRoom asks the least advanced connection of all to leave, and reports false if
// there is none that may.
func (l *Limits) makeRoom() bool {
	return l.dropHead(headGrace) || l.dropIdle() || l.dropHead(0)
}

// dropHead has the oldest head give way if it began at least some time ago.
func (l *Limits) dropHead(age time.Duration) bool {
	for a := l.heads.oldest(age); a != nil; a = l.heads.oldest(age) {
		if a.leave(HeadEvicted) {
			return true
		}
	}
	return false
}

// dropIdle has an idle connection, or an old head, of any listener give way.
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
