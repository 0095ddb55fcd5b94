package edge

import (
	"errors"
	"log/slog"

	"brink/edge/semantics"
	"brink/edge/wire"
	"brink/origin"
	"brink/store"
)

// errChanged: the origin has another representation by now, or does not say that
// it has the same.
var errChanged = errors.New("the origin has no more of the same response")

// resume asks the origin for the rest of o from a byte on, when the disk that has
// the body fails in the middle of a reply. Only a strong entity tag proves that the
// two belong together.
func (n *Node) resume(x *exchange, o *store.Object, at int64) (*origin.Response, error) {
	held := &store.Object{Head: o.Head, Length: at, Partial: &store.Partial{Whole: o.Length}}
	if o.Partial != nil || at == 0 || !semantics.StrongMatch(o.Head.Get(wire.ETag), o.Head.Get(wire.ETag)) {
		return nil, errChanged
	}
	f := n.ownFetch(x)
	f.candidates, f.part, f.ranged, f.client = nil, held, false, nil
	resp, err := f.ask(x.leash, nil)
	if err != nil {
		return nil, err
	}
	if !semantics.Continues(o, at, resp.Status, &resp.Fields) {
		resp.Close()
		return nil, errChanged
	}
	n.log.Warn("the disk failed in the middle of a response, the rest comes from the origin",
		slog.String("site", x.site.Name), slog.Int64("from_byte", at), slog.Int64("of", o.Length))
	return resp, nil
}
