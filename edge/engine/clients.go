package engine

import (
	"net/netip"
	"sync"
)

// clients counts the connections and requests of each client address. An IPv6 address
// counts by its /64, as one client can use all addresses in it.
type clients struct {
	mu sync.Mutex

	all map[netip.Addr]*client
}

// client is an address with connections or requests.
type client struct {
	address  netip.Addr
	open     int // connections
	requests int // under way
	set      set // of the connections that may be closed for others
}

func (c *clients) init() { c.all = make(map[netip.Addr]*client) }

// clientOf returns the address by which a client is counted.
func clientOf(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		network, _ := a.Prefix(64)
		return network.Addr()
	}
	return a
}

func (c *clients) getLocked(address netip.Addr) *client {
	address = clientOf(address)
	k := c.all[address]
	if k == nil {
		k = &client{address: address, set: set{kind: ofClient}}
		c.all[address] = k
	}
	return k
}

// tidyLocked removes k if it has no connections and no requests.
func (c *clients) tidyLocked(k *client) {
	if k.open == 0 && k.requests == 0 {
		delete(c.all, k.address)
	}
}

// admit counts the connection of a. If its client has as many as it may, one of these
// that waits for a request is closed. It reports false if none waits.
func (c *clients) admit(a *Account, peer netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.getLocked(peer)
	if k.open >= a.gate.client {
		best := k.set.choose()
		if best.account == nil || !best.account.leave(ClientEvicted) {
			return false
		}
	}
	k.open++
	a.client = k
	return true
}

// add makes the connection of a one that may be closed for others.
func (c *clients) add(a *Account) {
	if a.client == nil {
		return
	}
	c.mu.Lock()
	a.client.set.add(a)
	c.mu.Unlock()
}

// remove counts the end of the connection of a.
func (c *clients) remove(a *Account) {
	k := a.client
	if k == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.owner != nil {
		k.set.remove(a)
	}
	k.open--
	c.tidyLocked(k)
}

// begin counts a request. It reports false if the client has as many as it may.
func (c *clients) begin(from netip.Addr, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.getLocked(from)
	if k.requests >= most {
		return false
	}
	k.requests++
	return true
}

func (c *clients) end(from netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.getLocked(from)
	k.requests--
	c.tidyLocked(k)
}
