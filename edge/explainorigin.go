package edge

import (
	"context"
	"errors"
	"fmt"

	"brink/edge/fetch"
	"brink/edge/message"
	"brink/edge/semantics"
	"brink/origin"
)

// OriginsAnswer says what the origin answered, and whether that would be stored.
type OriginsAnswer struct {
	Asked    string   `json:"asked,omitempty"` // the method
	Status   int      `json:"status,omitempty"`
	Stores   bool     `json:"stores"`
	Why      string   `json:"why,omitempty"`
	Culprit  string   `json:"culprit,omitempty"` // what the reason is about: fields, cookies, or length and limit in bytes
	Meaning  string   `json:"meaning,omitempty"`
	Advice   string   `json:"advice,omitempty"`
	Varies   []string `json:"varies,omitempty"` // the request fields that would select the response
	Length   int64    `json:"length"`           // bytes; -1: not announced
	Limit    int64    `json:"limit,omitempty"`  // the longest body that may be stored, in bytes; set if Length is more
	Lifetime *Span    `json:"lifetime,omitempty"`
	Fields   []string `json:"fields,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// because sets the reason, the culprit and the advice.
func (e *Explanation) because(reason message.Reason, culprit string) {
	e.Reason, e.Culprit, e.Advice = reason.String(), culprit, reason.Advice()
}

// note adds the facts about the request that limit what may be stored for it.
func (e *Explanation) note(x *exchange) {
	r, rules := &x.Request, &x.rule.Semantics
	if names := semantics.UnkeyedFields(r, &rules.Key, x.selectors...); names != "" {
		text := "unknown field, on which the response may depend: stored only if the origin, or ttl, says how long it is fresh"
		if rules.Key.Unknown == semantics.RefuseUnknown {
			text = "unknown field, on which the response may depend: not stored (unknown_fields = \"refuse\")"
		}
		e.Notes = append(e.Notes, Note{names, text})
	}
	if names := semantics.Credentials(r, &rules.Key, x.selectors...); names != "" {
		e.Notes = append(e.Notes, Note{names, "says who asks: stored only if the origin says public, s-maxage or must-revalidate"})
	}
	if names := semantics.PersonalCookies(r, rules); names != "" {
		e.Notes = append(e.Notes, Note{"cookie " + names, "may say who asks: stored only if the origin, or ttl, says something about caching"})
	}
}

// explainOrigin sends the request to the origin as the node would, and says whether the
// response would be stored. It stores nothing. It does not send a method that may change
// something.
func (n *Node) explainOrigin(ctx context.Context, x *exchange) *OriginsAnswer {
	r := &x.Request
	passes := x.plan.Action == semantics.Pass
	if !r.Method.Safe() {
		return &OriginsAnswer{Error: fmt.Sprintf("not asked: %s may change something there", r.Verb)}
	}
	trial, err := n.tryOrigin(ctx, x, passes)
	if err != nil {
		var fault *origin.Error
		if errors.As(err, &fault) {
			return &OriginsAnswer{Error: fault.Kind.String() + ": " + err.Error()}
		}
		return &OriginsAnswer{Error: err.Error()}
	}
	resp := trial.Response
	defer resp.Close()
	a := &OriginsAnswer{Asked: "GET", Status: resp.Status, Length: resp.Length}
	for _, x := range resp.Fields.List {
		a.Fields = append(a.Fields, string(x.Name)+": "+string(x.Value))
	}
	if passes {
		a.Asked = string(r.Verb)
		a.because(semantics.Refusal{Reason: x.plan.Reason, Culprit: x.plan.Culprit})
		return a
	}
	why := trial.Refusal
	switch limit := trial.Longest; {
	case why.Reason == message.ReasonTooLarge:
		a.Limit = x.rule.Semantics.MaxObject
	case why.Stored() && resp.Length > limit:
		why, a.Limit = semantics.TooLarge(resp.Length, limit), limit
	}
	if a.Stores = why.Stored(); !a.Stores {
		a.because(why)
		return a
	}
	a.Varies, a.Lifetime = trial.Selector, explainLifetime(&trial.Lifetime)
	return a
}

// tryOrigin sends the request to the origin: as it is if the node would pass it, and as a
// fetch for the cache otherwise. The caller owns the response.
func (n *Node) tryOrigin(ctx context.Context, x *exchange, passes bool) (t fetch.Trial, err error) {
	if passes {
		t.Response, err = x.site.Origin.Fetch(ctx, n.passing(x))
		return t, err
	}
	return n.fetcher.Try(ctx, n.spec(x, n.purges.Latest()), &x.memory.Upstream)
}

func (a *OriginsAnswer) because(why semantics.Refusal) {
	a.Why, a.Culprit, a.Meaning, a.Advice = why.Reason.String(), why.Culprit, why.Reason.Meaning(), why.Reason.Advice()
}
