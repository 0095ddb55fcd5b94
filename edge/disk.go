package edge

import (
	"brink/edge/message"
	"brink/purge"
	"brink/store"
)

// fromDisk looks on disk for what RAM does not have, be it the response or its
// body, and answers with it if it may be used as it is. Otherwise v.found and
// v.decision say what there is, as after lookup.
func (n *Node) fromDisk(x *message.Exchange, v *visit) bool {
	switch {
	case !n.looksBelow(x, v):
		return false
	case v.shadows(x.Now) && n.raiseNewer(x, v):
	case v.found != nil && !v.found.Remote():
		return false
	case v.found != nil:
		v.status.Reason = message.ReasonDisk
		return n.answerNow(x, v)
	case !n.raise(x, v):
		return false
	}
	x.Now = n.now()
	n.judge(x, v, v.decision.Reason)
	v.status.Reason = message.ReasonDisk
	return n.answerNow(x, v)
}

// looksBelow reports whether there is a disk for the path, and a chance to find
// something.
func (n *Node) looksBelow(x *message.Exchange, v *visit) bool {
	return n.store.HasDisk() && v.rule.Disk != store.AdmitNever && !n.unstorable(x, v)
}

// raise brings up what is stored for the request, by way of the index if the
// URL varies. It reports false if there is nothing.
func (n *Node) raise(x *message.Exchange, v *visit) bool {
	if v.index == nil {
		o, covered := n.store.Load(v.primary, x.Key)
		if o == nil || !v.takes(&x.Request, o) {
			return false
		}
		v.found, v.covered = o, covered
		if o.Variants == nil {
			return true
		}
		v.index = o.Variants
		n.selectVariant(x, v)
		if v.shadows(x.Now) && n.raiseNewer(x, v) {
			return true
		}
	}
	for _, sel := range v.index.Selectors {
		if v.found != nil {
			break
		}
		if len(sel) > 0 {
			n.raiseVariant(x, v, sel)
		}
	}
	return v.found != nil
}

// raiseVariant brings up the variant that the request selects by some fields.
func (n *Node) raiseVariant(x *message.Exchange, v *visit, sel store.Selector) {
	key, text := n.variantKey(x, v, sel)
	if o, covered := n.store.Load(key, text); o != nil && covered != purge.Hard && v.takes(&x.Request, o) {
		v.key, v.text, v.found, v.covered = key, text, o, covered
	}
}

// shadows reports whether the response found is the URL's response without Vary,
// and stale. Then a variant on disk may be the better answer.
func (v *visit) shadows(now store.Instant) bool {
	return v.index != nil && v.found != nil && v.found == v.index.Plain && len(v.index.Keys) > 0 && now >= v.found.Lifetime.Fresh
}

// raiseNewer brings up the variant that the request selects, if it is newer than
// the response found.
func (n *Node) raiseNewer(x *message.Exchange, v *visit) bool {
	was := v.course
	v.found = nil
	for _, sel := range v.index.Selectors {
		if v.found == nil && len(sel) > 0 {
			n.raiseVariant(x, v, sel)
		}
	}
	if v.found == nil || v.found.Lifetime.Born <= was.found.Lifetime.Born {
		v.course = was
		return false
	}
	return true
}
