package store

import (
	"slices"
	"weak"
)

// copyClock decides which file copies to evict: those that were not used since its hand
// last passed them (second chance). It does not keep a file copy alive whose objects
// are gone.
type copyClock struct {
	copies []clocked
	hand   int   // the next to look at
	bytes  int64 // of all
	rest   Instant
}

type clocked struct {
	fileCopy weak.Pointer[fileCopy]
	bytes    int64
}

// copyRest is the least time between two rounds of the hand. A copy that is used more
// often than that stays. So a set of hot bodies that does not fit is not copied again
// and again.
const copyRest = 1 * Second

func (c *copyClock) add(fc *fileCopy, bytes int64) {
	c.copies = append(c.copies, clocked{weak.Make(fc), bytes})
	c.bytes += bytes
}

// trim evicts file copies until at most so many bytes and files are left, or only
// copies in use. It returns how many it evicted.
func (c *copyClock) trim(bytes int64, files int, now Instant) (evicted int64) {
	if c.fits(bytes, files) {
		return 0
	}
	c.forget()
	for !c.fits(bytes, files) && now >= c.rest {
		switch {
		case c.hand >= len(c.copies):
			c.hand, c.rest = 0, now+copyRest
		case c.pass():
			evicted++
		}
	}
	return evicted
}

func (c *copyClock) fits(bytes int64, files int) bool {
	return c.bytes <= bytes && len(c.copies) <= files
}

// pass moves the hand on by one, and reports whether it evicted that copy.
func (c *copyClock) pass() bool {
	fc := c.copies[c.hand].fileCopy.Value()
	if fc != nil && fc.used.Swap(false) {
		c.hand++
		return false
	}
	c.bytes -= c.copies[c.hand].bytes
	c.copies = slices.Delete(c.copies, c.hand, c.hand+1)
	if fc != nil {
		fc.file.Store(nil)
	}
	return fc != nil
}

// forget removes the file copies that no object has any more.
func (c *copyClock) forget() {
	kept, hand := c.copies[:0], c.hand
	for i, e := range c.copies {
		if e.fileCopy.Value() != nil {
			kept = append(kept, e)
			continue
		}
		c.bytes -= e.bytes
		if i < c.hand {
			hand--
		}
	}
	clear(c.copies[len(kept):])
	c.copies, c.hand = kept, hand
}

// clear evicts all file copies.
func (c *copyClock) clear() {
	for _, e := range c.copies {
		if fc := e.fileCopy.Value(); fc != nil {
			fc.file.Store(nil)
		}
	}
	*c = copyClock{}
}
