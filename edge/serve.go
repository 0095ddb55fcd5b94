package edge

import "brink/edge/message"

// step is one step on the path of a request. Each is a function that returns the step
// which follows:
//
//	step   what it does                                          where         what follows
//	route  finds site and rule; admits, answers or refuses       route.go      RAM, pass, purge, done
//	RAM    answers with what RAM has: a hit, or stale            hit.go        disk, done
//	disk   answers with what the disk has                        disk.go       miss, done
//	miss   decides who may share the fetch                       miss.go       join, fetch, pass, done
//	join   joins the fetch for the key, or leads it, and
//	       answers with its response, as it arrives              miss.go       join, fetch, done
//	fetch  fetches for this request alone                        miss.go       fetch, pass, done
//	pass   hands request and response on, past the cache         pass.go       done
//	purge  puts in force what the request names                  purging.go    done
//	done   the reply is ready to be sent
//
// TryServe takes the steps that do not wait, and Serve the others. Once the reply has been
// sent, Done counts, logs and lets go (record.go).
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

// take takes a step that may wait.
func (n *Node) take(x *exchange) step {
	switch x.step {
	case stepDisk:
		return n.fromDisk(x)
	case stepMiss:
		return n.miss(x)
	case stepJoin:
		return n.join(x)
	case stepFetch:
		return n.alone(x)
	case stepPass:
		n.pass(x)
	case stepPurge:
		n.purging(x)
	default:
		panic("BUG: Serve takes no such step")
	}
	return stepDone
}
