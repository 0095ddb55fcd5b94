package listen

import (
	"net"
	"sync"
	"time"
)

// conns is the set of connections that are being served.
type conns struct {
	mu sync.Mutex

	set    map[net.Conn]struct{}
	closed bool          // no more are added
	empty  chan struct{} // closed once closed and empty
}

func (c *conns) open() {
	c.set = make(map[net.Conn]struct{})
	c.empty = make(chan struct{})
}

func (c *conns) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.set)
}

// add reports false if no more connections are served.
func (c *conns) add(nc net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.set[nc] = struct{}{}
	return true
}

func (c *conns) remove(nc net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.set, nc)
	if c.closed && len(c.set) == 0 {
		close(c.empty)
	}
}

// end adds no more connections, waits for those there are as long as grace,
// calls cut, closes the rest and waits until none is left. It returns how many
// it closed.
func (c *conns) end(grace time.Duration, cut func()) (closed int) {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		if len(c.set) == 0 {
			close(c.empty)
		}
	}
	c.mu.Unlock()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.empty:
		return 0
	case <-timer.C:
	}
	left := c.left()
	if cut != nil && len(left) > 0 {
		cut()
	}
	for _, nc := range left {
		go nc.Close() // it may wait for goroutines that use the descriptor
	}
	<-c.empty
	return len(left)
}

func (c *conns) left() []net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := make([]net.Conn, 0, len(c.set))
	for nc := range c.set {
		left = append(left, nc)
	}
	return left
}
