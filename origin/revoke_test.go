package origin

import "testing"

// Nothing uses the body of a request any more once its response is closed, also if the
// exchange loses its place at that moment: it is stopped before it can end.
func TestRevokeStopsBody(t *testing.T) {
	o := start(t, configure("127.0.0.1:1"))
	b := stalled("", 1<<20)
	o.mu.Lock()
	s, _ := o.mu.queue.enter(unknownClient, quickLine)
	s.upload.Store(newContent(b, o.clock, &o.memory.uploads))
	o.revokeLocked(nil, s, errSlowClient)
	o.mu.Unlock()
	if _, err := b.Read(nil); err != errStopped {
		t.Error("the exchange may end now, and its body is not stopped:", err)
	}
}
