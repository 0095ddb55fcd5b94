package edge

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"

	"brink/edge/accesslog"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// refreshPause is how long after a failed refresh the next one may begin.
const refreshPause = 1 * store.Second

// refreshShare is which part of an origin's connections the refreshes of a site
// may take: as nobody waits for them, misses come first.
const refreshShare = 4

// refresh fetches x.found anew in the background, unless that is under way or
// failed just now, or there are too many: then a later request sees to it. It
// belongs to the object, not to the request, and does not wait.
func (n *Node) refresh(x *exchange) {
	o := x.found
	if n.store.Marked(markPaused, o.Key, x.Now) {
		return
	}
	if !x.tables.state(x.site).refreshes.take() {
		return
	}
	other, fill, leads := n.store.Join(o.Key, n.purgeKey(x), o.Text, func(p *store.Object, _ purge.Verdict) bool {
		return p != o && (p.Variants == nil || p.Variants.Plain != o)
	})
	if other != nil || !leads {
		x.tables.state(x.site).refreshes.give()
		return
	}
	f := n.detachedFetch(x, fill)
	f.pause, f.alike = o.Key, requests{classPlain, x.key}
	fill.Want()
	f.disown()
	n.fetches.Go(func() {
		defer f.state.refreshes.give()
		f.run(context.Background())
	})
}

// places limits how many of something are under way at a time.
type places struct {
	taken atomic.Int32
	limit int32
}

// take reports whether there was a place. It does not wait.
func (p *places) take() bool {
	if p.taken.Add(1) <= p.limit {
		return true
	}
	p.give()
	return false
}

func (p *places) give() { p.taken.Add(-1) }

// disown makes the request the node's own: a GET of the whole response. Of the client's
// request it keeps only the fields that select a stored response. So the answer does
// not depend on the client that caused the refresh, and the origin cannot take the
// request for that client's.
func (f *fetch) disown() {
	r := f.request
	r.Method, r.Verb, r.Protocol = message.GET, get, message.HTTP11
	r.Peer, r.Way = netip.AddrPort{}, message.Way{Trusted: r.Way.Trusted} // fields of the key may be a trusted proxy's
	f.directives, f.ranged = semantics.Directives{}, false
	f.id = accesslog.AppendRequestID(nil)
	semantics.OwnFields(&r.Fields, &f.rule.Semantics.Key, f.selectors...)
}

// refreshes reports whether the fetch is a refresh, with a request of the node's own.
func (f *fetch) refreshes() bool { return f.pause != (store.Key{}) }

// giveUp ends the fetch without a response to share.
func (f *fetch) giveUp(err error) {
	f.pauseRefresh()
	f.unanswered(err)
	if f.client == nil && f.led == nil { // no request waits for the error
		f.node.logFailure(f.state, err)
	}
	f.err = err
	if f.fill != nil {
		f.fill.Fail(err)
	}
}

// pauseRefresh sees to it that a refresh that brought nothing is not tried
// again at once.
func (f *fetch) pauseRefresh() {
	if f.refreshes() {
		f.node.store.Mark(markPaused, f.pause, f.node.now()+refreshPause)
	}
}

// refusedSpan is for how long the reason refresh-refused is given after a refused refresh.
const refusedSpan = 10 * store.Second

// refreshRefused notes that the origin refused the node's own request.
func (f *fetch) refreshRefused() {
	for _, o := range f.candidates {
		f.node.store.Mark(markRefused, o.Key, f.node.now()+refusedSpan)
	}
	f.node.logFailure(f.state, fmt.Errorf("refresh refused: %w", errOriginStatus(f.status)))
}

// staleReason returns the reason for serving o stale while it is refreshed.
func (n *Node) staleReason(o *store.Object, now store.Instant) message.Reason {
	if n.store.Marked(markRefused, o.Key, now) {
		return message.ReasonRefused
	}
	return message.ReasonRefresh
}
