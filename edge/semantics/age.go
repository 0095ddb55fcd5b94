package semantics

import (
	"brink/edge/wire"
	"brink/store"
)

// Times are the moments of a fetch that ages are counted from.
type Times struct {
	Asked    store.Instant // the request was sent
	Answered store.Instant // the response's head was received
}

// Age is the age of a stored response in whole seconds, from 0 to maxSeconds
// (RFC 9111 section 4.2.3).
func Age(l *store.Lifetime, now store.Instant) int64 {
	return min(max(int64((now-l.Born)/store.Second), 0), maxSeconds)
}

// ReceivedAge is the Age that a response came with, or -1 if it has none that
// is a number.
func ReceivedAge(f *wire.Fields) int64 {
	if age, ok := parseAge(f); ok {
		return age
	}
	return -1
}

// parseAge reads the first member of the Age field, over all its lines. It says
// no where there is none, and where that is no non-negative integer: then the
// field is ignored (RFC 9111 section 5.1).
func parseAge(f *wire.Fields) (seconds int64, ok bool) {
	for i := f.First(wire.Age); i >= 0; i = f.Next(i) {
		for rest := f.List[i].Value; len(rest) > 0; {
			var first []byte
			first, rest = cutByte(rest, ',')
			if first = wire.Trim(first); len(first) > 0 {
				return parseSeconds(first)
			}
		}
	}
	return 0, false
}

// receivedAge is corrected_age_value of RFC 9111 section 4.2.3: the age that
// the response had when its head was received. It counts the delay of the
// response as if it had all passed on the way here.
func receivedAge(f *wire.Fields, t Times) store.Instant {
	seconds, _ := parseAge(f)
	return span(seconds) + max(t.Answered-t.Asked, 0)
}

// apparentAge is the age by the origin's clock, in whole seconds as a Date is:
// 0 if there is no valid one, or if it lies in the future.
func apparentAge(f *wire.Fields, t Times) store.Instant {
	date, ok := soleDate(f, wire.Date)
	if !ok {
		return 0
	}
	return span(unixOf(t.Answered) - date)
}

// soleDate reads a field that must come once and be a date.
func soleDate(f *wire.Fields, id wire.Name) (unix int64, ok bool) {
	i := f.First(id)
	if i < 0 || f.Next(i) >= 0 {
		return 0, false
	}
	return parseDate(f.List[i].Value)
}

// span is a number of seconds, brought between 0 and maxSeconds.
//
// INVARIANT: instants are added only to what span or clampSpan gives, so that
// no sum overflows: three of them reach the year 2228.
func span(seconds int64) store.Instant {
	return store.Instant(min(max(seconds, 0), maxSeconds)) * store.Second
}

func clampSpan(d store.Instant) store.Instant {
	return min(max(d, 0), maxSeconds*store.Second)
}

func unixOf(t store.Instant) int64 { return int64(t / store.Second) }
