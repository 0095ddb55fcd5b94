package engine

import (
	"net/netip"
	"sync"
	"time"

	"brink/edge/message"
)

// GateConfig has the limits of one listener.
type GateConfig struct {
	Connections int             // at a time; 0: only the limit of all listeners counts
	PerClient   int             // connections of one client address at a time; 0: three quarters of those that there may be
	Requests    int             // requests under way of one client address at a time; 0: the same number
	Exempt      message.Proxies // peers whose connections are not counted by address
	Cost        int64           // bytes that a connection takes by itself, the kernel's included
}

// Gate admits the connections of one listener.
type Gate struct {
	limits   *Limits
	config   GateConfig
	limit    int // connections; 0: none
	client   int // connections of one address
	requests int // requests under way of one address

	shut sync.Once
	bar  chan struct{} // closed by Shut

	open int // guarded by Limits.mu

	mu sync.Mutex

	set set // of connections that may be closed for others
}

// Gate adds a listener.
func (l *Limits) Gate(c GateConfig) *Gate {
	most := l.capacity.Connections
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

// perClient is the default limit of one address, if there may be most connections. It
// is generous: an office, a mobile network or a CDN that is not listed as trusted has
// one address for many clients.
func perClient(most int) int { return max(most*3/4, 1) }

// roomPause is how long a connection that was asked to leave may take before another
// one is asked.
const roomPause = 10 * time.Millisecond

// Admit makes the account of a connection that was accepted. If there are too many
// connections, it has one closed that waits for a request. If none does, Admit waits
// until a connection ends or Shut is called. If it returns nil, the connection must be
// closed at once. Otherwise Close must follow.
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

// wait counts one more connection as soon as the limits allow it. It reports false if
// the gate is shut before.
func (g *Gate) wait() bool {
	l := g.limits
	for {
		select {
		case <-l.freed: // nobody waited for that
		default:
		}
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

// Shut ends the waits of Admit, and lets it wait no more.
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

// choose returns the connection of the gate that is to be closed first.
func (g *Gate) choose() choice {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.set.choose()
}
