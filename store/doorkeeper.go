package store

import "sync/atomic"

// doorkeeper knows, approximately, which keys were stored lately. Most responses that
// are stored are never asked for again. Only those that are stored a second time may
// pass to the tier below.
//
// It has two Bloom filters of fixed size. Keys are added to the current one until that
// is full. Then the other one is emptied, and becomes the current one.
type doorkeeper struct {
	filters [2]filter
	current atomic.Uint32 // modulo 2: the filter that keys are added to
	added   atomic.Int64  // keys in it
}

// filterKeys is how many keys a filter takes. At eight bits a key, one key in twenty
// passes although it was never added.
const (
	filterKeys = 1 << 20
	filterBits = 8 * filterKeys
)

// filter is a Bloom filter that sets two bits for a key.
type filter []atomic.Uint64

func newDoorkeeper() *doorkeeper {
	d := new(doorkeeper)
	for i := range d.filters {
		d.filters[i] = make(filter, filterBits/64)
	}
	return d
}

// testAndAdd reports whether a key was added lately, and adds it.
func (d *doorkeeper) testAndAdd(k Key) bool {
	current := d.current.Load()
	now, before := d.filters[current&1], d.filters[(current+1)&1]
	if now.testAndAdd(k) || before.has(k) {
		return true
	}
	if d.added.Add(1) == filterKeys {
		for i := range before {
			before[i].Store(0)
		}
		d.added.Store(0)
		d.current.Add(1)
	}
	return false
}

func bitsOf(k Key) [2]uint64 { return [2]uint64{k.Hi % filterBits, k.Lo % filterBits} }

func (f filter) has(k Key) bool {
	for _, bit := range bitsOf(k) {
		if f[bit/64].Load()&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// testAndAdd reports whether the key was there before, and adds it.
func (f filter) testAndAdd(k Key) bool {
	there := true
	for _, bit := range bitsOf(k) {
		if f[bit/64].Or(1<<(bit%64))&(1<<(bit%64)) == 0 {
			there = false
		}
	}
	return there
}
