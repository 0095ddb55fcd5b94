package edge

import (
	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/purge"
	"brink/store"
)

// spec describes a fetch for the request. stamp is the newest purge in force when the fetch
// begins. If the stored response was purged by then, spec sets x.found to nil.
func (n *Node) spec(x *exchange, stamp purge.Seq) fetch.Spec {
	if x.found != nil && n.store.Verdict(x.found) == purge.Hard {
		x.found, x.decision = nil, semantics.Decision{Use: semantics.Gone, Reason: message.ReasonPurged}
	}
	like := x.like()
	s := fetch.Spec{
		Site: x.site, State: &x.tables.state(x.site).SiteState, Rule: x.rule,
		Request: &x.Request, ID: x.requestID(), Directives: x.directives,
		Text: x.KeyText, Primary: x.primary, URL: n.purgeKey(x), Search: x.search, Selectors: x.selectors,
		Like: like, Agent: like.OfAgent(n.agent(x)), Stamp: stamp,
		Client: x.Client, Canceller: x.canceller,
	}
	if s.Search != nil {
		s.Full = n.fullKey(x)
	}
	switch {
	case x.found == nil:
	case x.found.Partial != nil:
		s.Part = x.found
	case x.decision.Use == semantics.Validate || x.decision.Use == semantics.StaleRefresh:
		s.Validates = x.found
	}
	s.Ranged = s.Validates == nil && fetch.AsksPart(&x.Request.Fields)
	return s
}

// like returns the class of requests that x is one of. A note such as hit-for-miss is about
// such a class.
func (x *exchange) like() fetch.Requests {
	return fetch.RequestsLike(&x.Request, &x.rule.Semantics, x.key, x.selectors)
}

// agent returns the key of the request's User-Agent. It is made at the first call.
func (n *Node) agent(x *exchange) store.Key {
	if x.agent == (store.Key{}) {
		x.agent = n.fetcher.AgentKey(&x.Request)
	}
	return x.agent
}

// fetchApart reports whether a response for requests like this one was not storable lately
// (hit-for-miss).
func (n *Node) fetchApart(x *exchange) bool {
	return n.fetcher.FetchApart(x.like(), n.agent(x), x.Now)
}
