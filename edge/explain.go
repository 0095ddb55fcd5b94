package edge

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/store"
)

// Question describes a request. Explain says what the node would do with it now.
type Question struct {
	URL    string // absolute
	Method string // default GET
	Fields []Line // further request fields
	Ask    bool   // ask the origin too, and say whether its response would be stored
}

// Line is one field line of a question.
type Line struct{ Name, Value string }

// Explanation is the chain of decisions about one request. The functions that serve requests
// make these decisions. A part is empty if its decision was not needed.
type Explanation struct {
	URL      string         `json:"url"`
	Method   string         `json:"method"`
	Site     string         `json:"site,omitempty"`
	Rule     string         `json:"rule,omitempty"`
	Position string         `json:"position,omitempty"`
	Plan     string         `json:"plan"`
	Reason   string         `json:"reason,omitempty"`
	Key      string         `json:"key,omitempty"`
	Culprit  string         `json:"culprit,omitempty"` // the part of the request that the reason is about
	Advice   string         `json:"advice,omitempty"`  // what an operator can do about the reason
	Notes    []Note         `json:"notes,omitempty"`
	Marked   bool           `json:"hit_for_miss,omitempty"`
	Disk     string         `json:"disk,omitempty"` // the rule's setting; empty: there is no disk tier
	Varies   []string       `json:"varies,omitempty"`
	Stored   *StoredAnswer  `json:"stored,omitempty"`
	Outcome  string         `json:"outcome"`
	LeftOut  []string       `json:"servers_left_out,omitempty"` // the origin's servers that failed lately
	Origin   *OriginsAnswer `json:"origin,omitempty"`
}

// Note is a fact about the request that limits what may be stored for it.
type Note struct {
	About string `json:"about"` // the fields or cookies
	Text  string `json:"text"`
}

// StoredAnswer describes the stored response that the request selects.
type StoredAnswer struct {
	Tier     string   `json:"tier"` // where its body is: "memory" or "disk"
	Status   int      `json:"status"`
	Length   int64    `json:"length"`
	Age      int64    `json:"age"`
	TTL      int64    `json:"ttl"`
	Lifetime Span     `json:"lifetime"`
	Flags    []string `json:"constraints,omitempty"`
	Use      string   `json:"use"`
	Why      string   `json:"why,omitempty"`
	Stamp    uint64   `json:"stamp"`
	Fields   []string `json:"fields"`
}

// Span is a lifetime in seconds. Source is the field or setting that set it.
type Span struct {
	Seconds              int64  `json:"seconds"`
	Source               string `json:"source"`
	StaleWhileRevalidate int64  `json:"stale_while_revalidate"`
	StaleIfError         int64  `json:"stale_if_error"`
}

// ErrQuestion is wrapped by errors about a malformed question.
var ErrQuestion = errors.New("cannot explain")

// Explain answers q. It may promote an object from disk to RAM, and sends a request to the
// origin if q.Ask is set. It changes nothing else.
func (n *Node) Explain(ctx context.Context, q Question) (*Explanation, error) {
	m, err := n.questioned(&q)
	if err != nil {
		return nil, err
	}
	x := n.begin(m)
	e := &Explanation{URL: q.URL, Method: string(x.Request.Verb)}
	if e.explainPurge(n, x) {
		return e, nil
	}
	next := n.route(x)
	if x.site != nil {
		e.Site = x.site.Name
	}
	if x.site != nil && x.site.Origin != nil {
		e.LeftOut = x.site.Origin.Ejected()
	}
	if x.rule != nil {
		e.Rule, e.Position = x.rule.Pattern(), x.rule.Position
	}
	switch {
	case next == stepDone:
		e.explainAnswer(x)
		return e, nil
	case next == stepPass:
		e.Plan, e.Outcome = "pass", "pass to the origin"
		e.because(x.plan.Reason, x.plan.Culprit)
	default:
		e.Plan = "lookup"
		if n.store.HasDisk() {
			e.Disk = x.rule.Disk.String()
		}
		n.lookup(x)
		e.explainTiers(n, x)
	}
	if q.Ask {
		e.Origin = n.explainOrigin(ctx, x)
	}
	return e, nil
}

// questioned makes the request that q describes.
func (n *Node) questioned(q *Question) (*message.Exchange, error) {
	u, err := url.Parse(q.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: %q is not an absolute URL of http or https", ErrQuestion, q.URL)
	}
	x := &message.Exchange{Now: n.now()}
	r := &x.Request
	method := strings.ToUpper(q.Method)
	if method == "" {
		method = "GET"
	}
	r.Verb = []byte(method)
	r.Method = message.MethodOf(r.Verb)
	r.Protocol = message.HTTP11
	target := u.EscapedPath()
	if target == "" {
		target = "/"
	}
	if u.RawQuery != "" || u.ForceQuery {
		target += "?" + u.RawQuery
	}
	if _, fault := message.ParseURL(&r.URL, strings.ToLower(u.Scheme), []byte(u.Host), []byte(target), nil); fault != 0 {
		return nil, fmt.Errorf("%w: %q: %s", ErrQuestion, q.URL, fault)
	}
	r.Fields.AppendID(wire.Host, []byte(u.Host))
	for _, f := range q.Fields {
		if !wire.IsToken([]byte(f.Name)) || !wire.ValidValue([]byte(f.Value)) {
			return nil, fmt.Errorf("%w: field %q", ErrQuestion, f.Name)
		}
		r.Fields.Append([]byte(f.Name), []byte(f.Value))
	}
	return x, nil
}

// explainLookup explains what lookup found.
func (n *Node) explainLookup(x *exchange, e *Explanation) {
	e.Key = semantics.ReadableKey(x.text)
	e.note(x)
	e.Marked = n.fetchApart(x)
	for _, s := range x.selectors {
		e.Varies = append(e.Varies, strings.Join(s, ", "))
	}
	e.because(x.decision.Reason, "")
	if x.found != nil {
		e.Stored = n.explainStored(x)
	}
	switch x.decision.Use {
	case semantics.Fresh:
		e.Outcome = "hit"
	case semantics.StaleRefresh:
		e.Outcome = "stale, refreshed in the background"
	case semantics.Validate:
		e.Outcome = "ask the origin whether the stored response still holds"
	default:
		e.Outcome = "miss: fetch from the origin"
	}
}

// explainTiers explains the object that lookup found in RAM. If there is none, it explains
// the object on disk.
func (e *Explanation) explainTiers(n *Node, x *exchange) {
	tier := "memory"
	if n.mayBeOnDisk(x) && (x.found == nil && n.promote(x) || x.variantMayBeNewer(x.Now) && n.promoteNewer(x)) {
		tier = "disk"
		n.decide(x, x.decision.Reason)
	}
	n.explainLookup(x, e)
	if e.Stored == nil {
		return
	}
	e.Stored.Tier = tier
	if x.found.OnDisk() {
		e.Stored.Tier = "disk"
	}
}

func (n *Node) explainStored(x *exchange) *StoredAnswer {
	o := x.found
	s := &StoredAnswer{
		Status: o.Head.Status, Length: o.Length,
		Age: semantics.Age(&o.Lifetime, x.Now), TTL: x.decision.TTL,
		Lifetime: *explainLifetime(&o.Lifetime),
		Use:      x.decision.Use.String(), Why: x.decision.Reason.String(),
		Stamp: uint64(o.Stamp),
	}
	for flag, name := range lifetimeFlags {
		if o.Lifetime.Flags&flag != 0 {
			s.Flags = append(s.Flags, name)
		}
	}
	for _, l := range o.Head.Lines {
		s.Fields = append(s.Fields, string(o.Head.Block[l.Start:l.End]))
	}
	for _, l := range o.Head.HiddenLines {
		s.Fields = append(s.Fields, string(o.Head.Hidden[l.Start:l.End])+" (not sent to clients)")
	}
	return s
}

// Object describes the stored response that q selects. It reports false if there is none.
func (n *Node) Object(q Question) (*StoredAnswer, bool) {
	e, err := n.Explain(context.Background(), q)
	if err != nil || e.Stored == nil {
		return nil, false
	}
	return e.Stored, true
}

// RunningFill describes a fetch under way whose response may be shared.
type RunningFill struct {
	Key     string  `json:"key"`
	Phase   string  `json:"phase"`
	Seconds float64 `json:"seconds"`
	Length  int64   `json:"length"` // -1: not announced
	Written int64   `json:"written"`
	Waiters int     `json:"waiters"`
	Readers int     `json:"readers"`
	Joined  bool    `json:"may_be_joined"`
	Unread  float64 `json:"unread_seconds"` // since the last reader left; 0: there is one
}

// Fills describes the fetches under way.
func (n *Node) Fills() []RunningFill {
	fills := []RunningFill{}
	now := n.now()
	n.store.Fills(func(f store.FillInfo) {
		fills = append(fills, RunningFill{
			Key: semantics.ReadableKey([]byte(f.Text)), Phase: f.Phase,
			Seconds: float64(now-f.Begun) / float64(store.Second),
			Length:  f.Length, Written: f.Written, Waiters: f.Waiters, Readers: f.Readers, Joined: f.Joined,
			Unread: f.Unread.Seconds(),
		})
	})
	return fills
}

var lifetimeFlags = map[store.LifetimeFlags]string{
	store.AlwaysValidate: "validate before each use",
	store.NeverStale:     "never use stale",
	store.Immutable:      "immutable while fresh",
}

func explainLifetime(l *store.Lifetime) *Span {
	return &Span{
		Seconds:              int64((l.Fresh - l.Born) / store.Second),
		Source:               l.Source.String(),
		StaleWhileRevalidate: max(0, int64((l.Stale-l.Fresh)/store.Second)),
		StaleIfError:         max(0, int64((l.IfError-l.Fresh)/store.Second)),
	}
}
