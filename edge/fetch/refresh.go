package fetch

import (
	"fmt"
	"net/netip"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/store"
)

const (
	refreshPause = 1 * store.Second  // from a failed refresh to the next one
	refusedSpan  = 10 * store.Second // for how long Refused says so after a refused refresh
)

// disown makes the request the node's own: a GET of the whole response. Of the client's
// request it keeps only the fields that select a stored response. So the answer does
// not depend on the client that caused the refresh, and the origin cannot take the
// request for that client's.
func (f *fetch) disown() {
	r := f.Request
	r.Method, r.Verb, r.Protocol = message.GET, get, message.HTTP11
	r.Peer, r.Way = netip.AddrPort{}, message.Way{Trusted: r.Way.Trusted} // fields of the key may be a trusted proxy's
	f.Directives, f.Ranged = semantics.Directives{}, false
	semantics.OwnFields(&r.Fields, &f.Rule.Semantics.Key, f.Selectors...)
}

// isRefresh reports whether the fetch is a refresh, with a request of the node's own.
func (n *notes) isRefresh() bool { return n.refreshed != (store.Key{}) }

// pauseRefresh sees to it that a refresh that brought nothing is not tried
// again at once.
func (n *notes) pauseRefresh() {
	if n.isRefresh() {
		n.shared.Store.Mark(markPaused, n.refreshed, n.shared.Now()+refreshPause)
	}
}

// noteRefused notes that the origin refused the node's own request.
func (f *fetch) noteRefused() {
	if f.Validates != nil {
		f.Store.Mark(markRefused, f.Validates.Key, f.Now()+refusedSpan)
	}
	f.state.failed(fmt.Errorf("refresh refused: %w", StatusError(f.result.Status)))
}
