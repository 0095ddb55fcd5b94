package edge

import (
	"log/slog"

	"brink/origin"
	"brink/store"
)

// resume asks the origin for the bytes of o from at on. It is called if the disk fails in the
// middle of a reply.
func (n *Node) resume(x *exchange, o *store.Object, at int64) (*origin.Response, error) {
	resp, err := n.fetcher.Resume(x.canceller, n.spec(x, n.purges.Latest()), &x.memory.Upstream, o, at)
	if err == nil {
		n.log.Warn("the disk failed in the middle of a response, the rest comes from the origin",
			slog.String("site", x.site.Name), slog.Int64("from_byte", at), slog.Int64("of", o.Length))
	}
	return resp, err
}
