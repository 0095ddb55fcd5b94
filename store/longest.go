package store

import "fmt"

// TooLargeError is an ErrTooLarge with its numbers.
type TooLargeError struct {
	Length int64 // bytes of the body
	Limit  int64 // the most bytes that it may have
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%v: %d bytes of at most %d", ErrTooLarge, e.Length, e.Limit)
}

// Is makes errors.Is(e, ErrTooLarge) true.
func (e *TooLargeError) Is(target error) bool { return target == ErrTooLarge }

// Longest returns how many bytes the body of o may have to stay in one of the tiers.
// length is how many it has, or -1; o has its head, but no body yet. A fill takes a
// longer body, up to Options.MaxObject, for the requests that come while it arrives.
func (s *Store) Longest(o *Object, length int64) int64 {
	limit := s.longestInRAM(o, length)
	if s.mayKeepBelow(o) {
		return max(limit, min(s.maxSpill, s.disk.Largest()))
	}
	return limit
}

// longestInRAM is how many bytes of RAM are left for a body beside the rest of o.
func (s *Store) longestInRAM(o *Object, length int64) int64 {
	length = max(length, 0)
	beside := o.cost() + bodyCost(length) - length
	return max(0, min(s.longest(o), s.maxCost-beside))
}

// longest is the longest body of o, in bytes, that the fill keeps in memory.
func (f *Fill) longest(o *Object) int64 { return f.limited(f.store.longest(o)) }

func (f *Fill) limited(n int64) int64 {
	if f.most > 0 {
		return min(f.most, n)
	}
	return n
}

// tooLarge returns the error for a body that Start does not take.
func (f *Fill) tooLarge(o *Object, length int64) error {
	s := f.store
	s.counts.tooLarge.Add(1)
	limit := f.limited(s.Longest(o, length))
	if limit >= length { // the tier below would take it, if it were in service
		limit = s.longestInRAM(o, length)
	}
	return &TooLargeError{Length: length, Limit: limit}
}

// Outgrew reports whether the body grew, while it arrived, beyond the length that can be
// stored: then it is only passed on. written is how long it is by now.
func (r *Reader) Outgrew() (written, limit int64, yes bool) {
	f := r.fill
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &f.mu.body
	if !b.overflowing || b.kept() || f.mu.object == nil {
		return 0, 0, false
	}
	return b.written, f.limited(f.store.Longest(f.mu.object, -1)), true
}
