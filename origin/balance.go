package origin

import (
	"time"

	"brink/origin/health"
)

// balancer chooses the server for a try. Its method runs under Origin.mu and must not
// wait.
type balancer interface {
	// next returns one of candidates, which is not empty: the servers that may be asked,
	// in the order of the configuration. tried are the servers that were asked before for
	// the same request, and why that was not enough; nil for the first try. All the slices
	// belong to the caller.
	next(candidates []*server, r *Request, tried []triedServer) *server
}

// triedServer is a server that was asked, and why another one has to be.
type triedServer struct {
	server *server
	status int  // in retry_status; 0: there was no response
	kind   Kind // if there was no response
}

// roundRobin gives servers turns in proportion to their weights.
type roundRobin struct{}

// next is smooth weighted round robin, as in nginx. Each candidate's credit grows by its
// weight. The server with the most credit is taken and pays the sum of the weights. That
// spreads the turns of a heavy server evenly.
func (roundRobin) next(candidates []*server, _ *Request, _ []triedServer) *server {
	best, sum := candidates[0], 0
	for _, s := range candidates {
		s.mu.credit += s.weight
		sum += s.weight
		if s.mu.credit > best.mu.credit {
			best = s
		}
	}
	best.mu.credit -= sum
	return best
}

// chooseLocked sets the server of t, and the role of t for its health. It reports false
// if all servers have been tried.
func (o *Origin) chooseLocked(t *try, r *Request, tried []triedServer) bool {
	candidates, spare := o.candidatesLocked(t.now, tried)
	switch {
	case len(candidates) > 0:
		t.server = o.balancer.next(candidates, r, tried)
		t.role = t.server.mu.health.Admit(t.now)
	case spare != nil:
		t.server, t.role = spare, health.Ordinary
	default:
		return false
	}
	return true
}

// candidatesLocked returns the servers that have not been tried and are not ejected.
// Spare is for the case that there are none: the ejected server whose last failure is
// the oldest, nil if all have been tried.
func (o *Origin) candidatesLocked(now time.Duration, tried []triedServer) (list []*server, spare *server) {
	list = o.mu.candidates[:0]
	for _, s := range o.servers {
		switch {
		case hasTried(tried, s):
		case s.mu.health.At(now) != health.Ejected:
			list = append(list, s)
		case spare == nil || s.mu.health.LastFailure() < spare.mu.health.LastFailure():
			spare = s
		}
	}
	o.mu.candidates = list
	return list, spare
}

func hasTried(tried []triedServer, s *server) bool {
	for i := range tried {
		if tried[i].server == s {
			return true
		}
	}
	return false
}
