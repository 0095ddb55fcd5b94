package meter

import "sync/atomic"

// counter is an atomic counter on a cache line of its own.
type counter struct {
	atomic.Uint64
	_ [56]byte
}

// connections counts the client connections of the node.
type connections struct {
	accepted counter
	closed   counter
	faults   []string
	refused  []counter // by fault
}

// Accepted counts a connection that was accepted. Closed must follow.
func (m *Meter) Accepted() { m.node.connections.accepted.Add(1) }

// Closed counts the end of a connection that was accepted.
func (m *Meter) Closed() { m.node.connections.closed.Add(1) }

// RefusedHead counts a request head that was refused before it became a request. fault is
// an index into the names that New got.
func (m *Meter) RefusedHead(fault int) { m.node.connections.refused[fault].Add(1) }

// active returns the number of open connections. It reads the number of ends before the
// number of beginnings, so that the difference is never negative.
func (c *connections) active() uint64 {
	closed := c.closed.Load()
	return c.accepted.Load() - closed
}
