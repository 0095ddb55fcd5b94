package edge

// fixed answers with the rule's own response.
func (n *Node) fixed(x *exchange) {
	a := x.rule.Answer
	x.refused(a.Reason)
	a.Render(&x.head, &x.Request.URL)
	n.dated(x)
	x.Reply.Head = &x.head
	x.Reply.Body = append(x.Reply.Body[:0], a.Body...)
	x.Reply.Length = a.Length
	n.finish(x)
}
