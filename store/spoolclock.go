package store

import (
	"slices"
	"weak"
)

// spoolClock decides which spools have to make room: those that were not used
// since its hand last passed (second chance). It does not keep a spool whose
// objects have gone.
type spoolClock struct {
	spools []clocked
	hand   int   // the next to look at
	bytes  int64 // of all
	rest   Instant
}

type clocked struct {
	spool weak.Pointer[spool]
	bytes int64
}

// spoolTurn is the least time from the end of a turn of the hand to the next
// one. What is used more often than that stays, so that a set of hot bodies
// that does not fit is not copied in turn.
const spoolTurn = 1 * Second

func (c *spoolClock) add(sp *spool, bytes int64) {
	c.spools = append(c.spools, clocked{weak.Make(sp), bytes})
	c.bytes += bytes
}

// trim gives spools up until at most so many bytes and files are left, or
// there are only ones in use. It returns how many it gave up.
func (c *spoolClock) trim(bytes int64, files int, now Instant) (evicted int64) {
	if c.fits(bytes, files) {
		return 0
	}
	c.forget()
	for !c.fits(bytes, files) && now >= c.rest {
		switch {
		case c.hand >= len(c.spools):
			c.hand, c.rest = 0, now+spoolTurn
		case c.pass():
			evicted++
		}
	}
	return evicted
}

func (c *spoolClock) fits(bytes int64, files int) bool {
	return c.bytes <= bytes && len(c.spools) <= files
}

// pass moves the hand on by one, and reports whether that one is given up.
func (c *spoolClock) pass() bool {
	sp := c.spools[c.hand].spool.Value()
	if sp != nil && sp.used.Swap(false) {
		c.hand++
		return false
	}
	c.bytes -= c.spools[c.hand].bytes
	c.spools = slices.Delete(c.spools, c.hand, c.hand+1)
	if sp != nil {
		sp.file.Store(nil)
	}
	return sp != nil
}

// forget drops the spools that no object has any more.
func (c *spoolClock) forget() {
	kept, hand := c.spools[:0], c.hand
	for i, e := range c.spools {
		if e.spool.Value() != nil {
			kept = append(kept, e)
			continue
		}
		c.bytes -= e.bytes
		if i < c.hand {
			hand--
		}
	}
	clear(c.spools[len(kept):])
	c.spools, c.hand = kept, hand
}

// clear gives all spools up.
func (c *spoolClock) clear() {
	for _, e := range c.spools {
		if sp := e.spool.Value(); sp != nil {
			sp.file.Store(nil)
		}
	}
	*c = spoolClock{}
}
