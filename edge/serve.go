package edge

import "brink/edge/message"

// step is a place on the path of a request. Each step is a function, which returns the step
// that follows:
//
//	step   what the function does                          file                   steps that follow
//	route  finds site and rule; admits, answers, refuses   route.go               RAM, pass, purge, done
//	RAM    looks in RAM, and answers if that may be used   lookup.go, hit.go      disk, done
//	disk   looks on disk, and answers if that may be used  disk.go                miss, done
//	miss   decides whether others may share the fetch      miss.go                join, fetch, pass, done
//	join   joins the fetch for the key, or leads one, and  miss.go, deliver.go    join, fetch, done
//	       answers with its response while it arrives
//	fetch  fetches for this request alone                  miss.go, deliver.go    fetch, pass, done
//	pass   hands the request to the origin, and the        pass.go                done
//	       response to the client, past the cache
//	purge  puts in force what the request names            purging.go             done
//	done   (no function) the reply is ready to be sent
//
// TryServe takes the steps route and RAM, which do not wait. Serve takes the others. Once
// the reply has been sent, Done closes its body (closing.go), and counts and logs (record.go).
// The files below them: reply.go renders a stored response, stream.go one that arrives, and
// refuse.go an error of the node's own. failure.go answers if the origin failed, and stale.go
// says when a stale response may be the answer.
type step uint8

const (
	stepRoute step = iota
	stepRAM
	stepDisk
	stepMiss
	stepJoin
	stepFetch
	stepPass
	stepPurge
	stepDone
)

var _ message.Handler = (*Node)(nil)

// TryServe answers from RAM where that needs no waiting.
func (n *Node) TryServe(m *message.Exchange) bool {
	x := n.begin(m)
	if x.step = n.route(x); x.step == stepRAM {
		x.step = n.fromRAM(x)
	}
	return x.step == stepDone
}

// Serve answers where that may need waiting. TryServe has run before it.
func (n *Node) Serve(m *message.Exchange) {
	x := m.State.(*exchange)
	if x.Limit != message.ReasonNone {
		n.limited(x)
		return
	}
	n.attend(x)
	for x.step != stepDone {
		x.step = n.take(x)
	}
}

// take takes one of the steps that may wait.
func (n *Node) take(x *exchange) step {
	switch x.step {
	case stepDisk:
		return n.fromDisk(x)
	case stepMiss:
		return n.miss(x)
	case stepJoin:
		return n.join(x)
	case stepFetch:
		return n.fetchAlone(x)
	case stepPass:
		n.pass(x)
	case stepPurge:
		n.purging(x)
	default:
		panic("BUG: Serve takes no such step")
	}
	return stepDone
}
