package edge

import (
	"context"
	"strings"
	"sync/atomic"

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

// refresh fetches v.found anew in the background, unless that is under way or
// failed just now, or there are too many: then a later request sees to it. It
// belongs to the object, not to the request, and does not wait.
func (n *Node) refresh(x *message.Exchange, v *visit) {
	o := v.found
	pause := pauseKey(o.Key)
	if n.store.Marked(pause, x.Now) {
		return
	}
	if !v.site.refreshes.take() {
		return
	}
	other, fill, leads := n.store.Join(o.Key, n.purgeKey(&x.Request, v), o.Text, func(p *store.Object, _ purge.Verdict) bool {
		return p != o && (p.Variants == nil || p.Variants.Plain != o)
	})
	if other != nil || !leads {
		v.site.refreshes.give()
		return
	}
	f := n.detachedFetch(x, v, fill)
	f.pause = pause
	fill.Want()
	f.disown()
	n.fetches.Go(func() {
		defer f.site.refreshes.give()
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

// notForwarded are the fields, in lower case, by which a client asks for less
// than a refresh is about.
var notForwarded = edits{remove: []string{"cache-control", "pragma", "range", "if-range"}}

// disown makes the request the node's own: a GET of all there is, without what
// only the client at hand brought along. Nobody waits for the response, and
// without those fields it may be stored.
func (f *fetch) disown() {
	r := f.request
	r.Method, r.Verb = message.GET, get
	f.directives, f.ranged = semantics.Directives{}, false
	notForwarded.fields(&r.Fields)
	if f.rule.semantics.Key.Unknown == semantics.ShareUnknown && len(f.candidates) > 0 && semantics.Explicit(f.candidates[0].Lifetime.Source) {
		return // they did not keep the response from being stored before
	}
	if names := semantics.UnkeyedFields(r, &f.rule.semantics.Key, f.selectors...); names != "" {
		e := edits{remove: strings.Split(strings.ToLower(names), ", ")}
		e.fields(&r.Fields)
	}
}

// giveUp ends the fetch without a response to share.
func (f *fetch) giveUp(err error) {
	f.pauseRefresh()
	f.unanswered(err)
	if f.client == nil && f.led == nil { // no request waits for the error
		f.node.logFailure(f.site, err)
	}
	f.err = err
	if f.fill != nil {
		f.fill.Fail(err)
	}
}

// pauseRefresh sees to it that a refresh that brought nothing is not tried
// again at once.
func (f *fetch) pauseRefresh() {
	if f.pause != (store.Key{}) {
		f.node.store.Mark(f.pause, f.node.now()+refreshPause)
	}
}
