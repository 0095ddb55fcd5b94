package fetch

import (
	"bytes"
	"context"
	"errors"
	"sync"

	"brink/edge/message"
	"brink/origin"
	"brink/purge"
	"brink/store"
)

// ErrFault is why a fetch failed because of a fault of the node's own.
var ErrFault = errors.New("fault of the node")

// Fetcher is what all fetches of a node share. Its methods may be called from any
// goroutine.
type Fetcher struct {
	Options

	Search SearchPolicies

	running sync.WaitGroup
}

// Options are the parts of a node that fetches need.
type Options struct {
	Node     string // the node's id, as it says it to origins
	Now      func() store.Instant
	Store    *store.Store
	Purges   *purge.Log
	Panicked func(value any, stack []byte) // told of a panic that ended a fetch
}

// New returns a Fetcher without fetches.
func New(o Options) *Fetcher {
	s := &Fetcher{Options: o}
	s.Search.kept = o.Store.Outlives()
	return s
}

// Wait waits for all goroutines of fetches. No fetch may begin any more.
func (s *Fetcher) Wait() { s.running.Wait() }

// Lead runs a fetch for a fill in a goroutine of its own, and returns what its leader waits
// with. The leader has a claim to the body from here on. Lead copies what spec has in memory
// of the request.
func (s *Fetcher) Lead(spec Spec, fill *store.Fill) *Led {
	l := &Led{fill: fill, client: spec.Client}
	f := s.detached(spec, fill)
	f.Request.Method, f.Request.Verb = message.GET, get
	f.led, f.listener = l, l
	fill.Claim()
	s.running.Go(func() { f.run(&l.canceller).move() })
	return l
}

// Refresh runs a fetch that renews the stored response of this key, in a goroutine of its
// own. No request waits for it. spec is the client's whose request caused it: see disown.
// The caller has called BeginRefresh; the fetch calls EndRefresh.
func (s *Fetcher) Refresh(spec Spec, fill *store.Fill, key store.Key) {
	f := s.detached(spec, fill)
	f.disown()
	f.notes.refreshed, f.notes.like = key, Requests{classPlain, f.Like.key}
	fill.Want()
	s.running.Go(func() {
		defer f.State.EndRefresh()
		f.run(context.Background()).move()
	})
}

// detached readies a fetch that may outlive its request.
func (s *Fetcher) detached(spec Spec, fill *store.Fill) *fetch {
	m := new(Memory)
	spec.Request, spec.Text, spec.ID = spec.Request.Clone(), bytes.Clone(spec.Text), bytes.Clone(spec.ID)
	spec.Client, spec.Canceller = nil, nil
	f := m.ready(s, spec)
	f.fill, f.audience = fill, fill
	return f
}

// Alone runs a fetch for one request only, in the goroutine of that, and returns when the
// result is known. m must not be used until the result's response is closed.
func (s *Fetcher) Alone(spec Spec, m *Memory) Result {
	f := m.ready(s, spec)
	f.alone = true
	if b := f.run(spec.Canceller); b != nil {
		f.separate(b)
	}
	r := f.result
	f.result = Result{}
	return r
}

// Adopt stores and shares a response that came without a fetch. If it may not be shared,
// moved is nil, and the response is still the caller's. Otherwise the caller must wait for
// moved, which is closed when nobody uses the response, or the content of its request, any
// more.
func (s *Fetcher) Adopt(spec Spec, m *Memory, resp *origin.Response, asked store.Instant) (r Result, moved <-chan struct{}) {
	f := m.ready(s, spec)
	f.alone = true
	defer func() {
		if moved == nil && f.fill != nil {
			f.fill.Decline(uint8(message.ReasonBusy))
		}
	}()
	f.result.Status = resp.Status
	o, why := f.object(answer{response: resp, asked: asked})
	if !why.Stored() || o.Partial != nil || f.start(o, resp.Length) != nil {
		return Result{}, nil
	}
	done := make(chan struct{})
	f.result.Stored = true
	b := f.mover(resp)
	b.moved = done
	f.separate(b)
	r, f.result = f.result, Result{}
	return r, done
}

// separate runs b in a goroutine of its own, so that the client can read what arrives. The
// fetch's canceller ends the response, which others share from now on. So the client gets
// another canceller.
func (f *fetch) separate(b *body) {
	f.running.Go(b.move)
	f.result.Canceller = new(origin.Canceller)
	f.result.heed(f.fill.WaitClaimed(nil))
}
