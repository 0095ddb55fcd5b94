package edge

import (
	"context"
	"sync/atomic"
	"time"

	"brink/edge/message"
	"brink/store"
)

// patience is how long a fetch for one client may take before the node looks
// whether that client is still there. Watching is dear, so that it is only done
// for sites that let somebody wait for so long in the last while.
const (
	patience  = 2 * time.Second
	watchSlow = 10 * 60 * store.Second
)

// slowness remembers that a site made a client wait.
type slowness struct{ until atomic.Int64 } // a store.Instant

// observe notes how long a client waited for a response's head.
func (s *slowness) observe(asked, answered store.Instant, limit time.Duration) {
	if answered-asked >= store.Instant(limit) {
		s.until.Store(int64(answered + watchSlow))
	}
}

// forClient returns a context for a fetch that only x waits for, which ends if
// the client leaves meanwhile and the site is a slow one. The function returned
// must be called before the exchange ends; after that the context does not end.
func (n *Node) forClient(x *message.Exchange, v *visit) (context.Context, func()) {
	if int64(x.Now) >= v.site.slow.until.Load() {
		return context.Background(), func() {}
	}
	return attend(x.Client, n.patience)
}

// attend returns a context that ends when the client leaves, if that is not
// before patience is over, nor after the function returned was called.
func attend(client message.Client, patience time.Duration) (context.Context, func()) {
	ctx, leave := context.WithCancel(context.Background())
	quit, ended := make(chan struct{}), make(chan struct{})
	timer := time.AfterFunc(patience, func() {
		defer close(ended)
		select {
		case <-client.Gone():
			leave()
		case <-quit:
		}
	})
	return ctx, func() {
		if !timer.Stop() {
			close(quit)
			<-ended
		}
	}
}
