package edge

import (
	"errors"
	"sync/atomic"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
	"brink/store"
)

// outageSpan is how long a site's origin counts as down after the last failed
// connection, unless an answer comes before.
const outageSpan = 10 * store.Second

// outage remembers that no connection to a site's origin could be made, so that
// not every client waits for the next attempt. Its methods may be called from any
// goroutine.
type outage struct{ until atomic.Int64 } // a store.Instant; 0: there is none

// observe notes how a fetch ended.
func (o *outage) observe(err error, now store.Instant) {
	switch {
	case err == nil && o.until.Load() != 0:
		o.until.Store(0)
	case err != nil && noConnection(err):
		o.until.Store(int64(now + outageSpan))
	}
}

// noConnection reports whether no connection to the origin could be made.
func noConnection(err error) bool {
	var fault *origin.Error
	return errors.As(err, &fault) && fault.Kind.Unreachable() && !fault.Kind.Connected() && fault.Kind != origin.ConnectionLimit
}

func (o *outage) lasts(now store.Instant) bool { return int64(now) < o.until.Load() }

// unanswered remembers that the origin gave no answer in time about the responses
// that the fetch was to renew. The next clients that ask for them do not wait for it.
func (f *fetch) unanswered(err error) {
	var fault *origin.Error
	if !errors.As(err, &fault) || !fault.Kind.Unreachable() || fault.Kind.Status() != 504 {
		return
	}
	for _, o := range f.candidates {
		f.node.store.Mark(markUnanswered, o.Key, f.node.now()+outageSpan)
	}
}

// answered forgets what unanswered and refreshRefused remember of a response.
func (f *fetch) answered(key store.Key) {
	f.node.store.Unmark(markUnanswered, key)
	f.node.store.Unmark(markRefused, key)
}

// duringOutage answers with a stale response at once while the origin is down, or
// if it gave no answer about this response lately. A refresh in the background
// finds out whether it is back. It reports false if no stored response may be used
// like that, or if the client asked for validation.
func (n *Node) duringOutage(x *exchange) bool {
	o := x.found
	if o == nil || !x.tables.state(x.site).outage.lasts(x.Now) && !n.store.Marked(markUnanswered, o.Key, x.Now) || x.decision.Reason == message.ReasonRequest ||
		!semantics.UsableOnError(&o.Lifetime, o.Head.Status, semantics.Unreachable, &x.directives, &x.rule.Semantics, x.covered, x.Now) {
		return false
	}
	x.status.Reason = message.ReasonUnreachable
	if !n.hit(x, message.Stale) {
		return false
	}
	n.refresh(x)
	return true
}
