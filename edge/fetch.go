package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/site"
	"brink/edge/wire"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// fetch is one request to the origin for a response that may be stored. It is
// made for a fill and then runs in a goroutine of its own, detached from the
// request that caused it, or for one request only and then runs in that
// request's goroutine, up to the body.
//
// What it finds out is written before its fill changes state and read by the
// leader after it woke: the fill's lock orders the two.
type fetch struct {
	node       *Node
	site       *site.Site
	state      *siteState
	rule       *site.Rule
	request    *message.Request
	id         []byte // for X-Request-ID
	directives semantics.Directives
	text       []byte // of the primary key
	primary    store.Key
	url        store.Key
	stamp      purge.Seq               // newest purge in force when it began
	search     *semantics.SearchPolicy // by which the query in text is reduced; nil: it is not
	full       store.Key               // of the URL with all of its query; valid with search
	selectors  []store.Selector
	candidates []*store.Object   // stored responses to validate, newest first
	part       *store.Object     // what is stored of the representation, if it is a part
	held       *store.Object     // the part that was stored, be it of use or not
	ranged     bool              // ask for the client's range only
	fill       *store.Fill       // nil: nobody else waits, and nothing was stored yet
	alike      requests          // to mark if the response is not storable
	sameAgent  requests          // of them, those of the same kind of client
	pause      store.Key         // of a refresh: key of the object that it renews; zero otherwise
	led        *leader           // the request that the fill is for, which others may join; nil: own, or a refresh
	client     message.Client    // the client whose goroutine it runs in; nil: no client's
	leash      *origin.Canceller // the leash of that client
	up         *upstream
	own        bool // runs in the goroutine of the request

	open       *origin.Response // the last one asked for
	handed     bool             // open is closed by somebody else
	asked      store.Instant
	status     int               // of the origin's response; 0: none came
	refusal    semantics.Refusal // why the response is not stored
	cookies    [][]byte          // the values of Set-Cookie, for the request that fetched and nobody else
	age        int64             // the response's Age; negative: none
	stored     bool
	doubted    bool             // a client's response suggests that the stored one is out of date: the node makes a request of its own
	completing bool             // only what part lacks was asked for
	err        error            // there is no response
	declined   *origin.Response // for the request that waits alone: not to be shared. With err, what a stored response is preferred to
	renewed    *store.Object    // a stored response that a 304 renewed
}

// upstream is memory for a request to an origin.
type upstream struct {
	fields   wire.Fields
	request  origin.Request
	response *origin.Response // closed before it is used again; nil: another one has it, or none was needed yet
	target   []byte
	scratch  []byte
}

// room is memory for the response.
func (up *upstream) room() *origin.Response {
	if up.response == nil {
		up.response = new(origin.Response)
	}
	return up.response
}

// detachedFetch readies a fetch for a fill. It copies what it needs of the
// request, which it may outlive.
func (n *Node) detachedFetch(x *exchange, fill *store.Fill) (f *fetch) {
	ready := false
	defer func() {
		if !ready { // a fault of the node's own: nobody else would end the fill
			fill.Fail(errFault)
		}
	}()
	f = &fetch{
		request: x.Request.Clone(), text: bytes.Clone(x.Key), id: bytes.Clone(x.requestID()),
		fill: fill, stamp: fill.Stamp(), up: new(upstream),
	}
	f.aim(n, x)
	ready = true
	return f
}

// errFault is why a fill ends that the node could not see to.
var errFault = errors.New("fault of the node")

// ownFetch readies a fetch for this request only. It is part of the exchange.
func (n *Node) ownFetch(x *exchange) *fetch {
	x.own = fetch{
		request: &x.Request, text: x.Key, id: x.requestID(),
		stamp: n.purges.Latest(), client: x.Client, leash: x.leash,
		up: &x.up, own: true, candidates: x.own.candidates[:0],
	}
	x.own.aim(n, x)
	return &x.own
}

// aim takes over what the exchange found out.
//
// INVARIANT: what is validated was in force when the fetch began, so that a
// 304, stamped with that moment, never renews what was purged before it.
func (f *fetch) aim(n *Node, x *exchange) {
	if x.found != nil && n.store.Verdict(x.found) == purge.Hard {
		x.found, x.decision = nil, semantics.Decision{Use: semantics.Gone, Reason: message.ReasonPurged}
	}
	f.node, f.site, f.state, f.rule, f.directives = n, x.site, x.tables.state(x.site), x.rule, x.directives
	f.primary, f.url, f.search, f.selectors = x.primary, n.purgeKey(x), x.search, x.selectors
	f.alike = requestsLike(x)
	f.sameAgent = n.fromClientsLike(f.alike, f.request)
	if f.search != nil {
		f.full = n.fullKey(x)
	}
	switch {
	case x.found == nil:
	case x.found.Partial != nil:
		f.part, f.held = x.found, x.found
	case x.decision.Use == semantics.Validate || x.decision.Use == semantics.StaleRefresh:
		f.candidates = append(f.candidates, x.found)
	}
	f.ranged = len(f.candidates) == 0 && asksPart(&f.request.Fields)
}

// run asks the origin and settles what becomes of its response.
func (f *fetch) run(ctx context.Context) {
	defer f.survive()
	resp, err := f.ask(ctx, f.candidates)
	if err == nil && resp.Status == 304 && len(f.candidates) > 0 {
		if f.renew(resp) {
			return
		}
		// The origin validated something that is not stored: ask for all of it.
		resp.Close()
		resp, err = f.ask(ctx, nil)
	}
	if err != nil {
		f.giveUp(err)
		return
	}
	f.take(ctx, resp)
}

// survive, deferred, ends the fetch after a panic.
func (f *fetch) survive() {
	p := recover()
	if p == nil {
		return
	}
	f.node.Panicked(nil, p, debug.Stack())
	if f.open != nil && !f.handed {
		f.open.Close()
		f.retract()
	}
	f.giveUp(fmt.Errorf("%w: %v", errFault, p))
}

var get = []byte(message.GET.String())

// ask sends the request, conditional on the stored responses given.
func (f *fetch) ask(ctx context.Context, stored []*store.Object) (*origin.Response, error) {
	up, r, rules := f.up, f.request, &f.rule.Semantics
	forward := semantics.Forward{
		Node: f.node.id, Scheme: r.URL.Scheme, Host: f.rule.HostOf(r), Keep: rules.Key.Keep, Shared: rules,
	}
	up.scratch = semantics.ForwardFields(&up.fields, r, &forward, up.scratch[:0])
	semantics.Validators(&up.fields, stored)
	switch {
	case f.ranged:
		up.fields.AppendID(wire.Range, r.Fields.Get(wire.Range))
		if r.Fields.Has(wire.IfRange) {
			// Without it a client would get a part of another representation.
			up.fields.AppendID(wire.IfRange, r.Fields.Get(wire.IfRange))
		}
	case f.part != nil:
		_, f.completing = semantics.AskRest(&up.fields, f.part, nil)
	}
	identified(&up.fields, f.id)
	f.rule.Request.Apply(&up.fields)
	up.target = semantics.AppendTarget(up.target[:0], &r.URL, &rules.Key)
	up.request = origin.Request{
		Method: get, Target: up.target, Host: forward.Host, Fields: &up.fields, Idempotent: true,
		Into: up.room(),
	}
	if f.led != nil || f.client != nil {
		up.request.Client = r.Client()
	}
	if !f.own {
		up.request.Audience = f.fill
	}
	switch {
	case f.led != nil:
		up.request.Interim = interimTo(f.led)
	case f.client != nil:
		up.request.Interim = interimTo(f.client)
	}
	f.asked = f.node.now()
	resp, err := f.site.Origin.Fetch(ctx, &up.request)
	if err == nil {
		f.open, f.status = resp, resp.Status
	}
	f.state.outage.observe(err, f.node.now())
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// interimTo passes an origin's informational responses on to a client whose
// own goroutine waits meanwhile, so that nothing else writes to it.
func interimTo(client interface {
	Interim(status int, fields *wire.Fields) error
}) func(int, *wire.Fields) {
	return func(status int, fields *wire.Fields) {
		var kept wire.Fields
		semantics.InterimFields(&kept, fields)
		// A client that cannot be written to is noticed when the reply is sent.
		_ = client.Interim(status, &kept)
	}
}
