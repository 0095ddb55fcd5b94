package edge

import (
	"strconv"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

const maxForwardsName = "max-forwards"

// maxForwards returns how many more hops may forward an OPTIONS request (RFC 9110 section
// 7.6.2); negative: any number. The other method with this field, TRACE, is never forwarded.
func maxForwards(r *message.Request) int64 {
	if r.Method != message.OPTIONS {
		return -1
	}
	value, ok := r.Fields.Lookup(maxForwardsName)
	if !ok {
		return -1
	}
	n, err := strconv.ParseUint(string(value), 10, 31)
	if err != nil {
		return -1
	}
	return int64(n)
}

// forwardedOnce sets Max-Forwards in the fields for the origin to what is left.
func forwardedOnce(f *wire.Fields, r *message.Request) {
	left := maxForwards(r) - 1
	if left < 0 {
		return
	}
	for i := range f.List {
		if wire.EqualFold(f.List[i].Name, maxForwardsName) {
			f.List[i].Value = strconv.AppendInt(nil, left, 10)
		}
	}
}

// options answers an OPTIONS request that may not be forwarded.
func (n *Node) options(x *exchange) {
	x.refused(message.ReasonNone)
	x.head.Begin(204)
	n.dated(x)
	x.head.AddString("Allow", engine.Allowed)
	x.Reply.Head, x.Reply.Length = &x.head, -1
	n.finish(x)
}
