package edge

import (
	"strings"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// refreshPause is how long after a failed refresh the next one may begin.
const refreshPause = 1 * store.Second

// refresh fetches v.found anew in the background, unless that is under way or
// failed just now. It belongs to the object, not to the request, and does not
// wait.
func (n *Node) refresh(x *message.Exchange, v *visit) {
	o := v.found
	pause := o.Key
	pause.Hi = ^pause.Hi
	if n.store.Marked(pause, x.Now) {
		return
	}
	other, fill, leads := n.store.Join(o.Key, v.url, o.Text, func(p *store.Object, _ purge.Verdict) bool { return p != o })
	if other != nil || !leads {
		return
	}
	f := n.detachedFetch(x, v, fill)
	f.pause = pause
	f.disown()
	n.goFetch(f)
}

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
	for {
		name := semantics.UnkeyedField(r, &f.rule.semantics, f.selectors...)
		if name == nil {
			return
		}
		e := edits{remove: []string{strings.ToLower(string(name))}}
		e.fields(&r.Fields)
	}
}

// giveUp ends the fetch without a response to share.
func (f *fetch) giveUp(err error) {
	f.pauseRefresh()
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
