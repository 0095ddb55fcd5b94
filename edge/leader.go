package edge

import (
	"sync"

	"brink/edge/message"
	"brink/edge/wire"
	"brink/origin"
)

// leader is the request that began a shared fetch. If its client leaves before the
// fetch is over, the fetch goes on for others.
type leader struct {
	leash origin.Canceller // of the fetch; cut only once the response is the client's alone

	mu sync.Mutex

	client message.Client // nil: it has left, and another request uses its memory
}

// Interim passes an informational response on, while the leader waits.
func (l *leader) Interim(status int, fields *wire.Fields) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		return nil
	}
	return l.client.Interim(status, fields)
}

// offer leaves a response that is not shared to the leader. It closes the response
// if the leader has left.
func (l *leader) offer(f *fetch, resp *origin.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.client == nil {
		resp.Close()
		return
	}
	f.declined = resp
}

// leave says that the leader no longer waits for f, which has not ended yet.
func (l *leader) leave(f *fetch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.client = nil
	if f.declined != nil {
		f.declined.Close()
	}
}

// retract takes back the response that was left to the leader: it is closed.
func (f *fetch) retract() {
	if f.led != nil {
		f.led.mu.Lock()
		defer f.led.mu.Unlock()
	}
	f.declined = nil
}
