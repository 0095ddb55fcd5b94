package semantics

import (
	"brink/edge/message"
	"brink/purge"
	"brink/store"
)

// Use is what a stored response is good for.
type Use uint8

const (
	Fresh        Use = iota // answer with it
	StaleRefresh            // answer with it and refresh it in the background
	Validate                // ask the origin first, which may say that it still holds
	Gone                    // it must not be used at all, nor validated against
)

var uses = [...]string{Fresh: "fresh", StaleRefresh: "stale, usable", Validate: "validate first", Gone: "not usable"}

func (u Use) String() string { return uses[u] }

// Decision is what to do with a stored response, and why.
type Decision struct {
	Use    Use
	Reason message.Reason // ReasonNone for Fresh
	TTL    int64          // whole seconds until it becomes stale; negative if it is
}

// Judge decides about the use of a stored response (RFC 9111 section 4). d is
// what the request says, covered what purges say of the object.
//
// no-cache, max-age, min-fresh and max-stale of the client count only if the rules honour
// them. They force no validation of a response that is immutable and fresh (RFC 8246). The
// caller handles only-if-cached, which does not change the judgement.
//
// A soft-purged response counts as stale from the purge on, whatever is left
// of its freshness, and is good for what stale ones are. A doubtful one is to be
// validated before each use.
func Judge(l *store.Lifetime, d *Directives, rules *Rules, covered purge.Verdict, now store.Instant) Decision {
	v := Decision{TTL: secondsLeft(l.Fresh - now)}
	v.Use, v.Reason = judge(l, d, rules, covered, now)
	if covered != purge.Untouched {
		v.TTL = min(v.TTL, -1)
	}
	return v
}

func judge(l *store.Lifetime, d *Directives, rules *Rules, covered purge.Verdict, now store.Instant) (Use, message.Reason) {
	fresh := now < l.Fresh && covered == purge.Untouched
	switch {
	case rules.Off:
		return Gone, message.ReasonCacheOff
	case covered == purge.Hard:
		return Gone, message.ReasonPurged
	case alwaysValidated(l, rules):
		return Validate, message.ReasonNoCache
	case rules.HonourClient && d.set != 0 && !(fresh && l.Flags&store.Immutable != 0) && clientForces(l, d, now):
		return Validate, message.ReasonRequest
	case fresh:
		return Fresh, message.ReasonNone
	case covered == purge.Doubtful:
		return Validate, message.ReasonPurged
	case mayRefresh(l, now), l.Flags&store.NeverStale == 0 && rules.HonourClient && clientTolerates(l, d, now):
		return StaleRefresh, message.ReasonRefresh
	case covered == purge.Soft:
		return Validate, message.ReasonPurged
	}
	return Validate, message.ReasonExpired
}

// alwaysValidated reports whether each use must be validated: the response says
// no-cache, and no rule overrules that.
func alwaysValidated(l *store.Lifetime, rules *Rules) bool {
	return l.Flags&store.AlwaysValidate != 0 || l.Flags&store.WithNoCache != 0 && !rules.StoreNoCache
}

// clientForces reports whether the request asks for validation of what it
// would be given (RFC 9111 sections 5.2.1.1, 5.2.1.3 and 5.2.1.4).
func clientForces(l *store.Lifetime, d *Directives, now store.Instant) bool {
	return d.Has(NoCache) ||
		d.Has(MaxAge) && now-l.Born > span(d.MaxAge) ||
		d.Has(MinFresh) && l.Fresh-now < span(d.MinFresh)
}

// clientTolerates reports whether the request takes a response as stale as
// this (RFC 9111 section 5.2.1.2).
func clientTolerates(l *store.Lifetime, d *Directives, now store.Instant) bool {
	return d.Has(MaxStale) && (d.MaxStaleAny || now-l.Fresh <= span(d.MaxStale))
}

// mayRefresh reports whether stale-while-revalidate still lasts (RFC 5861
// section 3).
func mayRefresh(l *store.Lifetime, now store.Instant) bool {
	return l.Stale > l.Fresh && now < l.Stale
}

// Failure is how an origin failed.
type Failure uint8

const (
	Answered    Failure = iota // it sent a status that counts as an error, or something that is no response
	Unreachable                // it cannot be reached: no connection, or no answer
)

// UsableOnError reports whether a stored response with this status may be used
// after the origin failed: it is fresh, or a stale-if-error of the response or
// the request allows it (RFC 5861 section 4). It does not matter whether the
// client asked for validation: the origin was asked.
//
// If the origin cannot be reached, the rule's IfUnreachable allows it, too,
// unless the response forbids stale use (RFC 9111 section 4.2.4). If only s-maxage
// forbids it, the operator's own word lifts that, as other windows do.
func UsableOnError(l *store.Lifetime, status int, failure Failure, d *Directives, rules *Rules, covered purge.Verdict, now store.Instant) bool {
	switch {
	case rules.Off, covered >= purge.Doubtful, alwaysValidated(l, rules):
		return false
	case covered == purge.Untouched && now < l.Fresh, l.IfError > l.Fresh && now < l.IfError:
		return true
	}
	unreachable := failure == Unreachable && !IsError(status) && now-l.Fresh < rules.IfUnreachable
	if l.Flags&store.NeverStale != 0 {
		return unreachable && rules.UnreachableSaid && l.Flags&store.SharedAge != 0
	}
	return unreachable || d.Has(StaleIfError) && now-l.Fresh < span(d.StaleIfError)
}

// Lasts reports whether a stored response may still be served without asking the origin
// first, or when the origin fails.
func Lasts(l *store.Lifetime, status int, rules *Rules, covered purge.Verdict, now store.Instant) bool {
	d := Judge(l, &Directives{}, rules, covered, now)
	return d.Use == Fresh || d.Use == StaleRefresh || UsableOnError(l, status, Unreachable, &Directives{}, rules, covered, now)
}

// IsError reports whether a response with this status counts as an error for
// stale-if-error (RFC 5861 section 4).
func IsError(status int) bool {
	switch status {
	case 500, 502, 503, 504:
		return true
	}
	return false
}

// secondsLeft rounds down, so that what is stale by a moment is negative.
func secondsLeft(d store.Instant) int64 {
	if d < 0 {
		return -int64((-d + store.Second - 1) / store.Second)
	}
	return int64(d / store.Second)
}
