package edge

import (
	"brink/edge/accesslog"
	"brink/edge/fetch"
	"brink/purge"
	"brink/store"
)

// refresh fetches x.found anew in the background, unless that is under way or
// failed just now, or there are too many: then a later request sees to it. It
// belongs to the object, not to the request, and does not wait.
func (n *Node) refresh(x *exchange) {
	o, state := x.found, &x.tables.state(x.site).SiteState
	if n.fetcher.Paused(o.Key, x.Now) || !state.BeginRefresh() {
		return
	}
	begun := false
	defer func() {
		if !begun {
			state.EndRefresh()
		}
	}()
	other, fill, leads := n.store.Join(o.Key, n.purgeKey(x), o.Text, func(p *store.Object, _ purge.Verdict) bool {
		return p != o && (p.Variants == nil || p.Variants.Plain != o)
	})
	if other != nil || !leads {
		return
	}
	defer func() {
		if !begun { // a fault of the node's own: nobody else would end the fill
			fill.Fail(fetch.ErrFault)
		}
	}()
	spec := n.spec(x, fill.Stamp())
	spec.ID = accesslog.AppendRequestID(nil)
	n.fetcher.Refresh(spec, fill, o.Key)
	begun = true
}
