package fetch

import (
	"context"

	"brink/edge/message"
	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// asking is the first phase: it sends requests for a Spec.
type asking struct {
	*Fetcher
	Spec

	up       *Upstream
	listener listener        // waits meanwhile; nil: no client does
	audience origin.Audience // nil: one client waits, or nobody

	held *origin.Response // the response that it owns; nil: it owns none
}

// Memory is memory for the fetches of one request, one at a time.
type Memory struct {
	Upstream Upstream

	fetch fetch
}

// Upstream is memory for a request to an origin.
type Upstream struct {
	Fields  wire.Fields
	Request origin.Request
	Target  []byte
	Scratch []byte

	// response must be closed before the memory is used again. nil: another owner has the
	// last one, or there was none yet.
	response *origin.Response
}

// Room returns memory for the response.
func (up *Upstream) Room() *origin.Response {
	if up.response == nil {
		up.response = new(origin.Response)
	}
	return up.response
}

// Release lets go of all that the last fetch pointed to.
func (m *Memory) Release() {
	if m.fetch.Fetcher != nil {
		m.fetch = fetch{}
	}
}

// ready makes the memory that of a fetch for spec.
func (m *Memory) ready(s *Fetcher, spec Spec) *fetch {
	f := &m.fetch
	*f = fetch{asking: s.asking(spec, &m.Upstream)}
	f.notes = notes{
		shared: s, state: spec.State, like: spec.Like, agent: spec.Agent, reduced: spec.Search != nil, full: spec.Full,
	}
	return f
}

func (s *Fetcher) asking(spec Spec, up *Upstream) asking {
	a := asking{Fetcher: s, Spec: spec, up: up}
	if spec.Client != nil {
		a.listener = spec.Client
	}
	return a
}

// question says which form of the request to send. The zero question asks for the whole
// response.
type question struct {
	validates *store.Object // nil: ask without conditions
	ranged    bool          // ask for the client's range
	part      *store.Object // ask for what this part lacks, unless ranged; nil: do not
}

// answer is a final response, and what it answers.
type answer struct {
	response *origin.Response
	asked    store.Instant
	ofRest   bool // only what the stored part lacks was asked for
}

var get = []byte(message.GET.String())

// send sends the request and waits for the head of the response, which it then holds.
func (a *asking) send(ctx context.Context, q question) (answer, error) {
	up, r, rules := a.up, a.Request, &a.Rule.Semantics
	forward := semantics.Forward{
		Node: a.Node, Scheme: r.URL.Scheme, Host: a.Rule.HostOf(r), Keep: rules.Key.Keep, Shared: rules,
	}
	up.Scratch = semantics.ForwardFields(&up.Fields, r, &forward, up.Scratch[:0])
	ofRest := a.condition(q)
	Identify(&up.Fields, a.ID)
	a.Rule.Request.Apply(&up.Fields)
	up.Target = semantics.AppendTarget(up.Target[:0], &r.URL, &rules.Key)
	up.Request = origin.Request{
		Method: get, Target: up.Target, Host: forward.Host, Fields: &up.Fields, Idempotent: true,
		Into: up.Room(), Audience: a.audience,
	}
	if a.listener != nil {
		up.Request.Client = r.Client()
		up.Request.Interim = PassInterim(a.listener)
	}
	asked := a.Now()
	resp, err := a.Site.Origin.Fetch(ctx, &up.Request)
	if err == nil {
		a.held = resp // before anything else, as what follows may panic
	}
	a.State.outage.observe(err, a.Now())
	if err != nil {
		return answer{}, err
	}
	return answer{resp, asked, ofRest}, nil
}

// drop closes the response that is held, if there is one.
func (a *asking) drop() {
	if a.held != nil {
		a.held.Close()
		a.held = nil
	}
}

// condition adds the fields that make the request one of q's form. It reports whether the
// request is for what a stored part lacks.
func (a *asking) condition(q question) (ofRest bool) {
	up, r := a.up, a.Request
	if q.validates != nil {
		semantics.Validators(&up.Fields, []*store.Object{q.validates})
	}
	switch {
	case q.ranged:
		up.Fields.AppendID(wire.Range, r.Fields.Get(wire.Range))
		if r.Fields.Has(wire.IfRange) {
			// Without it a client would get a part of another representation.
			up.Fields.AppendID(wire.IfRange, r.Fields.Get(wire.IfRange))
		}
	case q.part != nil:
		_, ofRest = semantics.AskRest(&up.Fields, q.part, nil)
	}
	return ofRest
}

// Identify adds the request's id to the fields for the origin, unless the client's own is
// among them.
func Identify(f *wire.Fields, id []byte) {
	if !f.Has(wire.XRequestID) {
		f.AppendID(wire.XRequestID, id)
	}
}

// listener is a client, or what stands between it and a fetch.
type listener interface {
	Interim(status int, fields *wire.Fields) error
}

// PassInterim returns a function that passes an origin's informational responses on to a
// client. The client's own goroutine must wait meanwhile, so that nothing else writes to it.
func PassInterim(to listener) func(int, *wire.Fields) {
	return func(status int, fields *wire.Fields) {
		var kept wire.Fields
		semantics.InterimFields(&kept, fields)
		// If the client cannot be written to, that is noticed when the reply is sent.
		_ = to.Interim(status, &kept)
	}
}
