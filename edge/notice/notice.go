package notice

import "sync"

// Notice is a callback that is called at most once. Call may come from any
// goroutine. The zero value has no callback.
type Notice struct {
	mu sync.Mutex

	ready func() // nil: there is none, or it was called
}

// Set makes ready the callback, in place of an earlier one.
func (n *Notice) Set(ready func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ready = ready
}

// Call calls the callback if it was not called yet. It holds n's lock meanwhile.
func (n *Notice) Call() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ready := n.ready; ready != nil {
		n.ready = nil
		ready()
	}
}

// Stop forgets the callback. It waits for a call that has begun: none comes after it.
func (n *Notice) Stop() { n.Set(nil) }
