package store

import (
	"time"

	"brink/purge"
)

const (
	sweepTick = time.Minute
	lendTick  = time.Second
)

// sweeper gives the purge rules their memory. Once a minute it removes from the purge
// log the rules that are older than every stored object. It skips that if there are few
// rules or no new ones.
func (s *Store) sweeper() {
	var swept purge.Seq
	lend, tick := time.NewTicker(lendTick), time.NewTicker(sweepTick)
	defer lend.Stop()
	defer tick.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-lend.C:
			s.lendRules()
		case <-tick.C:
			if latest := s.purges.Latest(); latest != swept && s.purges.Crowded() {
				s.purges.Trim(s.sweep())
				swept = latest
			}
		}
	}
}

// sweep checks all objects in RAM against the purges and deletes those that a hard
// purge covers. It returns a number: every other object, here and below, and every fill
// has survived the purges up to that number, or is newer. The few older objects that
// may still be below are treated as doubtful by the purge log.
func (s *Store) sweep() purge.Seq {
	latest := s.purges.Latest()
	oldest := min(latest, s.oldestFill())
	if s.disk != nil {
		oldest = min(oldest, s.disk.Oldest())
	}
	var slots []*slot
	s.tier.each(func(sl *slot) { slots = append(slots, sl) })
	for _, sl := range slots {
		if o := sl.object.Load(); o != nil {
			oldest = min(oldest, s.prove(o, latest))
			if v := o.Variants; v != nil && v.Plain != nil {
				oldest = min(oldest, s.prove(v.Plain, latest))
			}
		}
	}
	return oldest
}

// prove notes that o has survived all purges up to a number, if it has, and
// returns the number up to which purges make no difference to it. Below the
// floor they make none: o stays doubtful, and no such purge was hard.
func (s *Store) prove(o *Object, latest purge.Seq) purge.Seq {
	switch s.Verdict(o) {
	case purge.Untouched:
		o.proven.Store(uint64(latest))
	case purge.Hard:
		s.deleteLater(o)
		return latest
	case purge.Doubtful:
		if o.survived() < s.purges.Floor() {
			return latest
		}
	}
	return o.survived()
}

// survived returns a number: no purge up to it covers o.
func (o *Object) survived() purge.Seq { return max(o.Stamp, purge.Seq(o.proven.Load())) }

// oldestFill returns the stamp of the oldest fill.
func (s *Store) oldestFill() purge.Seq {
	oldest := s.purges.Latest()
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for f := range sh.mu.live {
			oldest = min(oldest, f.stamp)
		}
		sh.mu.Unlock()
	}
	return oldest
}
