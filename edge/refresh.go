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

// refresh fetches v.found anew in the background, unless that is under way. It
// belongs to the object, not to the request, and does not wait.
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
	f.dropUnkeyed()
	n.goFetch(f)
}

// dropUnkeyed removes what only the client at hand brought along: nobody waits
// for the response, and without those fields it may be stored.
func (f *fetch) dropUnkeyed() {
	for {
		name := semantics.UnkeyedField(f.request, &f.rule.semantics, f.selectors...)
		if name == nil {
			return
		}
		e := edits{remove: []string{strings.ToLower(string(name))}}
		e.fields(&f.request.Fields)
	}
}

// giveUp ends the fill without a response; a refresh is not tried again at
// once.
func (f *fetch) giveUp(err error) {
	if f.pause != (store.Key{}) {
		f.node.store.Mark(f.pause, f.node.now()+refreshPause)
	}
	f.err = err
	if f.fill != nil {
		f.fill.Fail(err)
	}
}
