package engine

import (
	"net/netip"
	"sync"
	"time"

	"brink/edge/message"
)

// GateConfig is what the connections of one listener may have.
type GateConfig struct {
	Connections int             // at a time; 0: only the limit of all listeners counts
	PerClient   int             // connections of one client address at a time; 0: a share of those there may be
	Requests    int             // requests under way of one client address at a time; 0: the same share
	Exempt      message.Proxies // peers whose connections are not counted by address
	Cost        int64           // bytes that a connection takes by itself, the kernel's included
}

// Gate lets the connections of one listener in.
type Gate struct {
	limits   *Limits
	config   GateConfig
	limit    int // connections; 0: none
	client   int // connections of one address
	requests int // requests under way of one address

	shut sync.Once
	bar  chan struct{} // closed: nobody waits any more

	open int // guarded by Limits.mu

	mu sync.Mutex

	set set // of those that may give way
}

// Gate adds a listener.
func (l *Limits) Gate(c GateConfig) *Gate {
	most := l.config.Connections
	if c.Connections > 0 {
		most = min(most, c.Connections)
	}
	g := &Gate{limits: l, config: c, limit: c.Connections, client: c.PerClient, requests: c.Requests, bar: make(chan struct{})}
	if g.client <= 0 {
		g.client = perClient(most)
	}
	if g.requests <= 0 {
		g.requests = perClient(most)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gates = append(l.gates[:len(l.gates):len(l.gates)], g)
	return g
}

// perClient is what one address may have of all that there may be. It is generous:
// an office, a mobile network or a CDN that is not listed as trusted has one address
// for many clients.
func perClient(most int) int { return max(most*3/4, 1) }

// roomPause is how long a connection that was asked to leave may take before another
// one is asked.
const roomPause = 10 * time.Millisecond

// Admit makes the account of a connection that was accepted. If there are too many,
// one that waits for a request gives way; without one, Admit waits until Shut. It returns nil if
// the connection must be closed at once. Close must follow otherwise.
func (g *Gate) Admit(peer netip.Addr) *Account {
	a := &Account{gate: g, cost: g.config.Cost}
	l := g.limits
	if !g.config.Exempt.Trusts(peer) && !l.clients.admit(a, peer) {
		l.counts[ClientRefused].Add(1)
		return nil
	}
	if !g.wait() {
		l.clients.remove(a)
		return nil
	}
	if !l.reserve(a.cost) {
		l.counts[MemoryRefused].Add(1)
		l.clients.remove(a)
		l.leave(g)
		return nil
	}
	a.held.Store(a.cost)
	return a
}

// wait takes a place for a connection. It reports false if there is none and the gate
// is shut.
func (g *Gate) wait() bool {
	l := g.limits
	for {
		full, gateFull := l.enter(g)
		switch {
		case gateFull:
			if c := g.choose(); c.account != nil {
				c.account.leave(c.cause())
			}
		case full:
			l.makeRoom()
		default:
			return true
		}
		late := time.NewTimer(roomPause)
		select {
		case <-l.freed:
		case <-late.C:
		case <-g.bar:
			late.Stop()
			return false
		}
		late.Stop()
	}
}

// Shut has Admit wait no more.
func (g *Gate) Shut() { g.shut.Do(func() { close(g.bar) }) }

func (g *Gate) add(a *Account) {
	g.mu.Lock()
	g.set.add(a)
	g.mu.Unlock()
}

func (g *Gate) remove(a *Account) {
	g.mu.Lock()
	g.set.remove(a)
	g.mu.Unlock()
}

// choose looks for the least advanced of the gate's connections.
func (g *Gate) choose() choice {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.set.choose()
}
