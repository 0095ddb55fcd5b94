package edge

import "brink/edge/message"

// fixed answers with the rule's own response.
func (n *Node) fixed(x *message.Exchange, v *visit) {
	a := v.rule.Answer
	v.refused(a.Reason)
	a.Render(&v.head, &x.Request.URL)
	n.dated(v, x.Now)
	x.Reply.Head = &v.head
	x.Reply.Body = append(x.Reply.Body[:0], a.Body...)
	x.Reply.Length = a.Length
	n.finish(x, v)
}
