package edge

import (
	"brink/edge/message"
	"brink/origin"
)

// attend makes the work that is done for x alone end when the client leaves. That is the wait
// for another request's fetch, a fetch that no other request shares, and the reading of the
// body of either. It allocates only for the first request of a connection.
func (n *Node) attend(x *exchange) {
	if x.canceller == nil {
		x.canceller = new(origin.Canceller)
	}
	x.attended = true
	x.Client.Watch(x.canceller)
}

// left reports whether the client has left. While the process ends it reports false, as the
// node itself closes connections then.
func (n *Node) left(x *exchange) bool {
	return x.attended && x.canceller.Err() != nil && !n.aborted.Load()
}

// clientGone leaves no answer, as nobody is there to read it.
func (n *Node) clientGone(x *exchange) {
	x.Reply.Reset()
	if !n.aborted.Load() {
		x.status.Reason = message.ReasonClientGone
	}
	if x.status.Outcome == message.Refused {
		x.status.Outcome = message.Miss
	}
}

// statusClientGone is what the log says of a request whose client left before
// it had all of its answer. It is never sent.
const statusClientGone = 499

// ended returns the status to record. If the client left while it waited for an
// origin, or while it was sent an origin's response, that is statusClientGone. A
// response from the cache keeps its status, as the origin had no part in it.
func (n *Node) ended(x *exchange, sent message.Sent) int {
	fetched := x.Reply.Head == nil || x.status.Fetched || x.status.Collapsed
	cut := x.status.Reason == message.ReasonSlowClient
	if fetched && !sent.Complete && !cut && (sent.Left || n.left(x)) {
		x.status.Reason = message.ReasonClientGone
	}
	if x.status.Reason == message.ReasonClientGone {
		return statusClientGone
	}
	return x.StatusCode()
}
