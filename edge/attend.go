package edge

import (
	"brink/edge/message"
	"brink/origin"
)

// attend has all that is done for x alone end when the client leaves: waits for
// another request's fetch, a fetch that nobody shares, and the body that either
// brings. It allocates only for the first request of a connection.
func (n *Node) attend(x *message.Exchange, v *visit) {
	if v.leash == nil {
		v.leash = new(origin.Leash)
	}
	v.attended = true
	x.Client.Watch(v.leash)
}

// part gives the leash to a response that others may share from now on, so that
// it lasts when the client leaves. The request itself gets a new one.
func (n *Node) part(x *message.Exchange, v *visit) {
	v.leash = nil
	n.attend(x, v)
}

// left reports whether the client has left. At the end of the process it is the
// node that closes connections.
func (n *Node) left(v *visit) bool {
	return v.attended && v.leash.Err() != nil && !n.aborted.Load()
}

// clientGone leaves no answer, as nobody is there to read it.
func (n *Node) clientGone(x *message.Exchange, v *visit) {
	x.Reply.Reset()
	if !n.aborted.Load() {
		v.status.Reason = message.ReasonClientGone
	}
	if v.status.Outcome == message.Refused {
		v.status.Outcome = message.Miss
	}
}

// statusClientGone is what the log says of a request whose client left before
// it had all of its answer. It is never sent.
const statusClientGone = 499

// ended returns the status to record. A request whose client left while it
// waited for an origin, or was handed what an origin sent, is not said to be
// answered. What is sent from the cache keeps its status, as the origin had no
// part in it.
func (n *Node) ended(x *message.Exchange, v *visit, sent message.Sent) int {
	fetched := x.Reply.Head == nil || v.status.Fetched || v.status.Collapsed
	if fetched && !sent.Complete && (sent.Left || n.left(v)) {
		v.status.Reason = message.ReasonClientGone
	}
	switch {
	case v.status.Reason == message.ReasonClientGone:
		return statusClientGone
	case x.Reply.Head == nil:
		return 0
	}
	return x.Reply.Head.Status
}
