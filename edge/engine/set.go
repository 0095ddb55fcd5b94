package engine

import (
	"math/rand/v2"
	"time"
)

// set has the connections of a listener or of a client, in no order.
type set struct {
	list    []*Account
	kind    setKind
	scanned time.Time // when choose last looked at all
}

// setKind is which of an account's positions is the one in the set.
type setKind uint8

const (
	ofGate setKind = iota
	ofClient
	setKinds
)

const (
	// sample is how many connections choose looks at.
	sample = 32
	// scanPause is the least time between two searches of a whole set. Such a search
	// follows if a sample has no connection that waits for a request.
	scanPause = 50 * time.Millisecond
)

func (s *set) add(a *Account) {
	a.at[s.kind] = len(s.list)
	s.list = append(s.list, a)
}

func (s *set) remove(a *Account) {
	last := len(s.list) - 1
	moved := s.list[last]
	s.list[a.at[s.kind]], moved.at[s.kind] = moved, a.at[s.kind]
	s.list[last] = nil
	s.list = s.list[:last]
}

// choose returns the connection to close first of a random sample. If none of these
// waits for a request, it looks at all, but only once in scanPause.
func (s *set) choose() (best choice) {
	if len(s.list) > sample {
		for range sample {
			best.look(s.list[rand.IntN(len(s.list))])
		}
		now := time.Now()
		if best.account != nil || now.Sub(s.scanned) < scanPause {
			return best
		}
		s.scanned = now
	}
	for _, a := range s.list {
		best.look(a)
	}
	return best
}

// choice is the connection to close first, of those looked at so far.
type choice struct {
	account *Account // nil: none waits for a request
	rank    rank
	waited  time.Duration
}

// rank is the order in which connections are closed.
type rank uint8

const (
	oldHead rank = iota
	idle
	youngHead
)

// headGrace is how long a head may take before it is closed ahead of idle connections.
const headGrace = time.Second

// look makes a the choice if a is to be closed first.
func (c *choice) look(a *Account) {
	if a.leaving.Load() {
		return
	}
	stage, waited := a.owner.Waits()
	switch {
	case stage == Busy:
	case stage == Idle:
		c.better(choice{a, idle, waited})
	case waited >= headGrace:
		c.better(choice{a, oldHead, waited})
	default:
		c.better(choice{a, youngHead, waited})
	}
}

func (c *choice) better(o choice) {
	switch {
	case o.account == nil:
	case c.account == nil, o.rank < c.rank, o.rank == c.rank && o.waited > c.waited:
		*c = o
	}
}

func (c *choice) cause() Cause {
	if c.rank == idle {
		return IdleEvicted
	}
	return HeadEvicted
}
