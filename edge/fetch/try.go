package fetch

import (
	"context"
	"errors"

	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// Trial says what would become of an origin's response. Its caller owns the response.
type Trial struct {
	Response *origin.Response
	Lifetime store.Lifetime
	Selector store.Selector
	Refusal  semantics.Refusal // why it would not be stored
	Longest  int64             // bytes of content that the store would take
}

// Try sends the request of a fetch, without conditions, and stores nothing.
func (s *Fetcher) Try(ctx context.Context, spec Spec, up *Upstream) (t Trial, err error) {
	a := s.asking(spec, up)
	reply, err := a.send(ctx, question{ranged: a.Ranged, part: a.Part})
	if err != nil {
		return Trial{}, err
	}
	t.Response = reply.response
	t.Lifetime, t.Selector, t.Refusal = a.judge(reply.response, semantics.Times{Asked: reply.asked, Answered: a.Now()})
	t.Longest = a.longest(reply.response)
	return t, nil
}

// ErrChanged: the origin has another representation by now, or does not say that
// it has the same.
var ErrChanged = errors.New("the origin has no more of the same response")

// Resume asks the origin for the rest of o from a byte on, when the disk that has
// the body fails in the middle of a reply. Only a strong entity tag proves that the
// two belong together. The caller owns the response.
func (s *Fetcher) Resume(ctx context.Context, spec Spec, up *Upstream, o *store.Object, at int64) (*origin.Response, error) {
	if o.Partial != nil || at == 0 || !semantics.StrongMatch(o.Head.Get(wire.ETag), o.Head.Get(wire.ETag)) {
		return nil, ErrChanged
	}
	spec.Client = nil
	a := s.asking(spec, up)
	reply, err := a.send(ctx, question{part: &store.Object{Head: o.Head, Length: at, Partial: &store.Partial{Whole: o.Length}}})
	if err != nil {
		return nil, err
	}
	if !semantics.Continues(o, at, reply.response.Status, &reply.response.Fields) {
		a.drop()
		return nil, ErrChanged
	}
	return reply.response, nil
}
