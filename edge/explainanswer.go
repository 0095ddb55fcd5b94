package edge

import (
	"errors"
	"fmt"
	"strings"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
)

// explainAnswer explains an answer that route gave without the cache or the origin.
func (e *Explanation) explainAnswer(x *exchange) {
	e.Plan, e.Reason = "answer", x.status.Reason.String()
	status := x.Reply.Head.Status
	switch {
	case x.status.Reason == message.ReasonRedirectRule:
		e.Outcome = fmt.Sprintf("redirected by the rule with %d to %s", status, x.rule.Answer.Location(nil, &x.Request.URL))
	case x.status.Reason == message.ReasonRespondRule:
		e.Outcome = fmt.Sprintf("answered by the rule with %d", status)
	case status < 400:
		e.Outcome = fmt.Sprintf("answered by the node with %d", status)
	default:
		e.Outcome = refusedWith(status)
	}
}

func refusedWith(status int) string { return fmt.Sprintf("refused by the node with %d", status) }

// explainPurge explains a request to purge. It reports false if x is none, or if the site
// takes no purges. A question has no client address, so the answer names the addresses that
// may purge.
func (e *Explanation) explainPurge(n *Node, x *exchange) bool {
	s := x.tables.Find(x.Request.URL.Name)
	if s == nil || s.Purging == nil || !semantics.Purges(&x.Request) {
		return false
	}
	e.Site, e.Plan = s.Name, "purge"
	items, reason := semantics.PurgeItems(&x.Request, s.Name, s.Purging.Soft)
	var err error
	for _, item := range items {
		if _, wrong := n.PurgeRules(item); wrong != nil {
			err = wrong
		}
	}
	switch {
	case reason == message.ReasonPurgePattern || errors.Is(err, purge.ErrPattern):
		e.Reason, e.Outcome = message.ReasonPurgePattern.String(), refusedWith(501)
		return true
	case reason != message.ReasonNone || err != nil:
		e.Reason, e.Outcome = message.ReasonBadRequest.String(), refusedWith(400)
		return true
	}
	var from []string
	for _, p := range s.Purging.Allow {
		from = append(from, p.String())
	}
	e.Reason = message.ReasonPurge.String()
	e.Outcome = fmt.Sprintf("purges %s if it comes from %s itself; refused with 405 from elsewhere", nameItems(items), strings.Join(from, ", "))
	return true
}

// nameItems lists items as text.
func nameItems(items []purge.Item) string {
	var all []string
	for _, i := range items {
		name := fmt.Sprintf("%v %s", i.Kind, i.Name)
		if i.Soft {
			name += " softly"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
