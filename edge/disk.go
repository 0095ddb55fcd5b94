package edge

import (
	"brink/edge/message"
	"brink/purge"
	"brink/store"
)

// fromDisk looks on disk for a response, or for the body of one, that RAM does not have. It
// answers with that if it may be used as it is. Otherwise x.found and x.decision say what
// there is, as after lookup.
func (n *Node) fromDisk(x *exchange) step {
	switch {
	case !n.mayBeOnDisk(x):
		return stepMiss
	case x.variantMayBeNewer(x.Now) && n.promoteNewer(x):
		n.decidePromoted(x)
	case x.found != nil && !x.found.OnDisk():
		return stepMiss
	case x.found != nil: // its body is on disk
	case n.promote(x):
		n.decidePromoted(x)
	default:
		return stepMiss
	}
	x.status.Reason = message.ReasonDisk
	if n.answerNow(x) {
		return stepDone
	}
	return stepMiss
}

// decidePromoted is decide for what was promoted from disk, which took time.
func (n *Node) decidePromoted(x *exchange) {
	x.Now = n.now()
	n.decide(x, x.decision.Reason)
}

// mayBeOnDisk reports whether the path's responses may be on disk.
func (n *Node) mayBeOnDisk(x *exchange) bool {
	return n.store.HasDisk() && x.rule.Disk != store.AdmitNever && !n.fetchApart(x)
}

// promote brings the request's response from disk to RAM. If the URL varies, it looks for the
// index first. It reports false if nothing is stored.
func (n *Node) promote(x *exchange) bool {
	if x.index == nil {
		o, covered := n.store.Load(x.primary, x.KeyText)
		if o == nil || !x.mayUse(o) {
			return false
		}
		x.found, x.covered = o, covered
		if o.Variants == nil {
			return true
		}
		x.index = o.Variants
		n.selectVariant(x)
		if x.variantMayBeNewer(x.Now) && n.promoteNewer(x) {
			return true
		}
	}
	for _, sel := range x.index.Selectors {
		if x.found != nil {
			break
		}
		if len(sel) > 0 {
			n.promoteVariant(x, sel)
		}
	}
	return x.found != nil
}

// promoteVariant brings to RAM the variant that the request selects by some fields.
func (n *Node) promoteVariant(x *exchange, sel store.Selector) {
	key, text := n.variantKey(x, sel)
	if o, covered := n.store.Load(key, text); o != nil && covered != purge.Hard && x.mayUse(o) {
		x.key, x.text, x.found, x.covered = key, text, o, covered
	}
}

// variantMayBeNewer reports whether the response found is stale and does not vary, while other
// responses for the URL do. Then a variant on disk may be newer.
func (x *exchange) variantMayBeNewer(now store.Instant) bool {
	return x.index != nil && x.found != nil && x.found == x.index.Plain && len(x.index.Keys) > 0 && now >= x.found.Lifetime.Fresh
}

// promoteNewer brings to RAM the variant that the request selects, if it is newer than
// the response found.
func (n *Node) promoteNewer(x *exchange) bool {
	was := x.requestState
	x.found = nil
	for _, sel := range x.index.Selectors {
		if x.found == nil && len(sel) > 0 {
			n.promoteVariant(x, sel)
		}
	}
	if x.found == nil || x.found.Lifetime.Born <= was.found.Lifetime.Born {
		x.requestState = was
		return false
	}
	return true
}
