package origin

import (
	"math/rand/v2"
	"slices"
	"time"
)

// The pause of a server after its first failure, and the longest one. Each failed
// trial doubles it.
const (
	firstPause   = time.Second
	longestPause = 30 * time.Second
)

// outage is the record of a server's failures. It is guarded by Origin.mu.
//
//	     failure                pause over: one request is the trial
//	in ----------> left out ------------------------------------> tried
//	^                  ^                failure: twice the pause    |
//	|                  +--------------------------------------------+
//	+--------------- success ---------------------------------------+
type outage struct {
	until  time.Duration // when the pause ends; 0: no failure since the last success
	failed time.Duration // when the last failure was
	pause  time.Duration // the last pause, without its random part
	count  uint64        // outages since the start
}

// Change is news of a server: it is left out, or used again, or it sent an answer on an
// idle connection.
type Change struct {
	Origin, Server string
	Pause          time.Duration // it is left out for so long; 0: it is back
	Err            error         // why; nil: it is back
	Unsolicited    time.Duration // not 0: it sent such an answer, and its connections are not kept for so long
}

// Watch calls f at each change, from the goroutine of the fetch that caused it. It
// must be called before the first Fetch.
func (o *Origin) Watch(f func(Change)) { o.watch = f }

// pickLocked chooses the server whose turn it is. Each server's credit grows by
// its weight; the one with the most credit is taken and pays the sum of the
// weights. That spreads the turns of a heavy server evenly. Servers that are left
// out, or listed in but, do not take part. If there are no others, the server whose last
// failure is the oldest is taken.
//
// The turn is a trial if the server has failed and its pause is over. No other
// request goes there until the trial ends, or for as long as the pause again. It
// returns false if all servers are in but.
func (o *Origin) pickLocked(t *turn, but []*server) bool {
	var best, spare *server
	sum := 0
	for _, s := range o.servers {
		switch {
		case slices.Contains(but, s):
			continue
		case s.mu.outage.until > t.now:
			if spare == nil || s.mu.outage.failed < spare.mu.outage.failed {
				spare = s
			}
			continue
		}
		s.mu.credit += s.weight
		sum += s.weight
		if best == nil || s.mu.credit > best.mu.credit {
			best = s
		}
	}
	if best == nil {
		if spare == nil {
			return false
		}
		t.server = spare.index
		return true
	}
	best.mu.credit -= sum
	t.server = best.index
	if f := &best.mu.outage; f.until != 0 {
		f.until = t.now + f.pause
		t.trial = true
	}
	return true
}

// blame leaves the server of t out for a while, because of err. An origin's only
// server is never left out. A server may fail again while it is left out: requests
// were under way, or there is no other server. Only a failed trial makes the pause
// longer.
func (o *Origin) blame(t *turn, err error) {
	if len(o.servers) == 1 {
		return
	}
	s, now := o.servers[t.server], o.clock.now()
	o.mu.Lock()
	f := &s.mu.outage
	f.failed = now
	begins, grows := f.until == 0, f.until != 0 && t.trial
	switch {
	case begins:
		f.pause = firstPause
		f.count++
		s.failing.Store(true)
	case grows:
		f.pause = min(2*f.pause, longestPause)
	}
	pause := f.pause
	if begins || grows {
		pause -= rand.N(pause / 5) // so that nodes do not try at the same time
		f.until = now + pause
	}
	o.mu.Unlock()
	t.trial = false
	if (begins || grows) && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name, Pause: pause, Err: err})
	}
}

// trust ends the outage of the server of t, which has answered. An answer to a
// request that was sent before the last failure does not count.
func (o *Origin) trust(t *turn) {
	s := o.servers[t.server]
	s.answered.Store(int64(t.begun))
	if !s.failing.Load() {
		return
	}
	o.mu.Lock()
	back := s.mu.outage.until != 0 && (t.trial || t.begun > s.mu.outage.failed)
	if back {
		s.mu.outage = outage{count: s.mu.outage.count}
		s.failing.Store(false)
	}
	o.mu.Unlock()
	if back && o.watch != nil {
		o.watch(Change{Origin: o.conf.Name, Server: s.name})
	}
}

// LeftOut returns the names of the servers that have failed and not succeeded
// since: they are left out, or wait for a trial.
func (o *Origin) LeftOut() (names []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.servers {
		if s.mu.outage.until != 0 {
			names = append(names, s.name)
		}
	}
	return names
}
