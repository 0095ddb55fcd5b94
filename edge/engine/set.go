package engine

import (
	"math/rand/v2"
	"time"
)

// set is the connections of a listener or of a client, in no order.
type set struct {
	list    []*Account
	kind    setKind
	scanned time.Time // when all were looked at
}

// setKind says which of an account's positions is that in the set.
type setKind uint8

const (
	ofGate setKind = iota
	ofClient
	setKinds
)

const (
	// sample is how many connections are looked at to find one that may give way.
	sample = 32
	// scanPause is the least time between two searches of a whole set, which are for
	// when chance finds none.
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

// choose looks for the least advanced: of a sample, or of all if that has none that
// may give way and it is a while since all were looked at.
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

// choice is the least advanced of the connections looked at so far.
type choice struct {
	account *Account // nil: none may give way
	rank    rank
	waited  time.Duration
}

// rank is the order in which connections give way.
type rank uint8

const (
	oldHead rank = iota
	idle
	youngHead
)

// headGrace is how long a head may take before it gives way to idle connections.
const headGrace = time.Second

// look has the choice be a if a is less advanced.
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
