package edge

import (
	"brink/edge/message"
	"brink/edge/semantics"
)

// fromRAM answers with the response in RAM, if it may be used as it is. Otherwise x.found and
// x.decision say what there is.
func (n *Node) fromRAM(x *exchange) step {
	n.lookup(x)
	onDisk := x.found != nil && x.found.OnDisk()
	if !onDisk && n.answerNow(x) {
		return stepDone
	}
	return stepDisk
}

// answerNow answers with what lookup found, if it may be used as it is. It reports
// whether it did.
func (n *Node) answerNow(x *exchange) bool {
	switch x.decision.Use {
	case semantics.Fresh:
		return n.hit(x, message.Hit)
	case semantics.StaleRefresh:
		x.status.Reason = n.staleReason(x.found, x.Now)
		if !n.hit(x, message.Stale) {
			return false
		}
		n.refresh(x)
		return true
	case semantics.Validate:
		return n.duringOutage(x)
	}
	return false
}

// hit answers with x.found. It reports false if that does not hold the part that was asked
// for, or if its body cannot be read from disk.
func (n *Node) hit(x *exchange, outcome message.Outcome) bool {
	o := x.found
	answer := semantics.Evaluate(&x.Request, o, x.spans[:0])
	if answer.Status == 0 {
		x.decision.Use = semantics.Gone
		x.decision.Reason = answer.Reason
		return false
	}
	if !n.bodyReady(x, o, &answer) {
		return false
	}
	x.status.Outcome = outcome
	x.status.TTL, x.status.HasTTL = x.decision.TTL, true
	x.age = semantics.Age(&o.Lifetime, x.Now)
	n.answer(x, o, &answer)
	return true
}
