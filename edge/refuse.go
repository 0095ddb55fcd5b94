package edge

import (
	"fmt"

	"brink/edge/engine"
	"brink/edge/message"
	"brink/edge/wire"
)

// refuse answers with an error of the node's own: a short text that names the reason.
func (n *Node) refuse(x *exchange, status int, reason message.Reason) {
	x.refused(reason)
	n.explainRefusal(x, status)
}

// limited refuses a request for which the engine has no room.
func (n *Node) limited(x *exchange) {
	status := 503
	if x.Limit == message.ReasonClientRequests {
		status = 429
	}
	n.refuse(x, status, x.Limit)
}

// explainRefusal renders an error of the node's own. x.status says why.
func (n *Node) explainRefusal(x *exchange, status int) {
	x.head.Begin(status)
	n.dated(x)
	x.head.AddString("Content-Type", "text/plain; charset=utf-8")
	x.head.AddString("Cache-Control", "no-store")
	switch status {
	case 405:
		x.head.AddString("Allow", engine.Allowed)
	case 429, 503:
		x.head.AddString("Retry-After", "1")
	}
	text := fmt.Sprintf("%s: %s\n", wire.StatusLine(status)[len("HTTP/1.1 "):], x.status.Reason)
	p := &x.Reply
	p.Head = &x.head
	p.Body = append(p.Body[:0], []byte(text))
	p.Length = int64(len(text))
	n.finish(x)
}
