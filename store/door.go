package store

import "sync/atomic"

// door remembers the keys of late that were stored, approximately: two filters
// of fixed size, of which one is filled and the other full. Most of what is
// stored is never asked for again, and only what comes a second time may pass to
// the tier below.
type door struct {
	bits [2]filter
	turn atomic.Uint32 // the filter that is filled
	seen atomic.Int64  // keys in it
}

// doorKeys is how many keys a filter takes before the other's turn comes: at
// eight bits a key, one in twenty that passes was never seen.
const (
	doorKeys = 1 << 20
	doorBits = 8 * doorKeys
)

// filter is a Bloom filter of two bits a key.
type filter []atomic.Uint64

func newDoor() *door {
	d := new(door)
	for i := range d.bits {
		d.bits[i] = make(filter, doorBits/64)
	}
	return d
}

// passes reports whether a key was seen lately, and notes it.
func (d *door) passes(k Key) bool {
	turn := d.turn.Load()
	now, before := d.bits[turn&1], d.bits[(turn+1)&1]
	if now.add(k) || before.has(k) {
		return true
	}
	if d.seen.Add(1) == doorKeys {
		for i := range before {
			before[i].Store(0)
		}
		d.seen.Store(0)
		d.turn.Add(1)
	}
	return false
}

func bitsOf(k Key) [2]uint64 { return [2]uint64{k.Hi % doorBits, k.Lo % doorBits} }

func (f filter) has(k Key) bool {
	for _, bit := range bitsOf(k) {
		if f[bit/64].Load()&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// add reports whether the key was there before.
func (f filter) add(k Key) bool {
	there := true
	for _, bit := range bitsOf(k) {
		if f[bit/64].Or(1<<(bit%64))&(1<<(bit%64)) == 0 {
			there = false
		}
	}
	return there
}
