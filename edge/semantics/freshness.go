package semantics

import (
	"brink/edge/wire"
	"brink/store"
)

// maxHeuristic is the longest heuristic freshness.
const maxHeuristic = 24 * 3600 * store.Second

// lifetimeOf says until when a response may be used. known tells that the
// request carried Cookie or Authorization, so that nothing is guessed. After a
// 304 it is asked again with the merged fields, the Age of the 304 among them,
// and the times of the validation.
//
// The freshness lifetime is, first match wins:
//
//	ttl              the rule's, for the statuses of successes and redirects; not
//	                 with no-cache, unless the rule has store_no_cache
//	s-maxage         of the policy that applies (see policyOf), or
//	max-age          of it, or
//	Expires - Date   if no targeted field applies (RFC 9111 section 4.2.1)
//	negative_ttl     the rule's for this status
//	default_ttl      the rule's, for the statuses of successes and redirects
//	heuristic        a tenth of the time since Last-Modified, at most a day
//	                 (RFC 9111 section 4.2.2)
//
// min_ttl and max_ttl clamp what the origin said and what was guessed, min_ttl
// only for successes and redirects: an error is never kept longer than its
// origin wants.
//
// If a rule is for files of one kind, its lifetimes do not count for other content
// (see otherType).
//
// s-maxage alone implies proxy-revalidate (RFC 9111 section 5.2.2.10), which forbids
// stale answers. ttl lifts that, since it overrules the origin's freshness. It does not
// lift must-revalidate and proxy-revalidate. Nor does it lift no-cache, which forbids
// any use without validation: store_no_cache does. A stale window next to s-maxage,
// from the origin or the rule, was set on purpose: stale answers are allowed within it,
// but not after it.
//
// An error (400 to 599) is never served while it is revalidated, whatever permits
// stale responses: the page may exist by now. A server's failure (see
// failureStatus) is not served stale at all.
//
// The Age field counts against every lifetime. The age by the origin's clock does
// not count against the rule's own lifetimes: behind an origin whose clock is
// slow they would never apply.
func lifetimeOf(resp *Response, known bool, rules *Rules, t Times) store.Lifetime {
	p := policyOf(resp.Fields)
	return lifetimeByPolicy(resp, &p, known, rules.otherType(resp), t)
}

func lifetimeByPolicy(resp *Response, p *policy, known bool, rules *Rules, t Times) store.Lifetime {
	age := receivedAge(resp.Fields, t)
	lasts, source := freshnessOf(resp, p, known, rules, t)
	if !byRule(source) {
		age = max(age, apparentAge(resp.Fields, t))
	}
	l := store.Lifetime{Born: t.Answered - age, Flags: flagsOf(p, source), Source: source}
	if known && lasts <= 0 && !byRule(source) && !p.targeted && !p.permits(Public|SMaxAge|StaleWhileRevalidate|StaleIfError) {
		l.Flags |= store.AlwaysValidate // it may be for that client only: never stale for others
	}
	if !hasCacheInformation(resp, p, rules) {
		l.Flags |= store.NoCacheInformation
	}
	if rules.StoreSetCookie && resp.Fields.Has(wire.SetCookie) {
		l.Flags |= store.WithCookies
	}
	if p.Has(Private) {
		l.Flags |= store.WithPrivate
	}
	if failureStatus(resp.Status) {
		l.Flags = l.Flags&^store.SharedAge | store.NeverStale
	}
	if rules.Off {
		l.Flags |= store.AlwaysValidate | store.NeverStale
		lasts = 0
	}
	l.Fresh = l.Born + lasts
	l.Stale, l.IfError = l.Fresh, l.Fresh
	if l.Flags&store.AlwaysValidate == 0 && !p.Has(MustRevalidate|ProxyRevalidate) && !failureStatus(resp.Status) {
		rule := rules.StaleWhileRevalidate
		if lasts <= 0 {
			rule = nil // what is never fresh is not to be served as if it had been
		}
		if resp.Status < 400 {
			l.Stale += staleSpan(&p.Directives, StaleWhileRevalidate, p.StaleWhileRevalidate, rule)
		}
		l.IfError += staleSpan(&p.Directives, StaleIfError, p.StaleIfError, rules.StaleIfError)
	}
	return l
}

// flagsOf lists the constraints on reuse (RFC 9111 sections 4.2.4 and 5.2.2,
// RFC 8246).
func flagsOf(p *policy, source store.LifetimeSource) (flags store.LifetimeFlags) {
	switch {
	case p.Has(NoCache) && source == store.FromRuleTTL:
		flags |= store.WithNoCache
	case p.Has(NoCache):
		flags |= store.AlwaysValidate
	}
	switch {
	case p.Has(MustRevalidate | ProxyRevalidate):
		flags |= store.NeverStale
	case p.Has(SMaxAge) && source != store.FromRuleTTL:
		flags |= store.NeverStale | store.SharedAge
	}
	if p.Has(Immutable) {
		flags |= store.Immutable
	}
	return flags
}

// staleSpan is how long a response may be used after it became stale (RFC
// 5861): what the origin says, else what the rule says.
func staleSpan(d *Directives, which Directive, seconds int64, rule *store.Instant) store.Instant {
	switch {
	case d.Has(which):
		return span(seconds)
	case rule != nil:
		return clampSpan(*rule)
	}
	return 0
}

// freshnessOf is the freshness lifetime and what it was taken from.
func freshnessOf(resp *Response, p *policy, known bool, rules *Rules, t Times) (store.Instant, store.LifetimeSource) {
	if rules.TTL != nil && ruleStatus(resp.Status) && (rules.StoreNoCache || !p.Has(NoCache)) {
		return clampSpan(*rules.TTL), store.FromRuleTTL
	}
	if lasts, source := explicitFreshness(resp, p, t); source != store.FromNothing {
		if known && lasts <= 0 && !p.Has(Public|SMaxAge) {
			return lasts, source // the rules do not extend a lifetime of zero for a known user
		}
		return clampByRules(lasts, resp.Status, rules), source
	}
	if lasts, ok := rules.Negative[resp.Status]; ok && !known {
		return clampSpan(lasts), store.FromRuleNegative
	}
	if rules.Default != nil && !known && ruleStatus(resp.Status) {
		return clampSpan(*rules.Default), store.FromRuleDefault
	}
	if !rules.NoHeuristic && !known && (p.Has(Public) || heuristicStatus(resp.Status)) {
		if lasts, ok := heuristicFreshness(resp.Fields, t); ok {
			return clampByRules(lasts, resp.Status, rules), store.FromHeuristic
		}
	}
	return 0, store.FromNothing
}

// explicitFreshness is the freshness lifetime that the origin states.
func explicitFreshness(resp *Response, p *policy, t Times) (store.Instant, store.LifetimeSource) {
	lasts, source := int64(0), store.FromNothing
	switch {
	case p.Has(SMaxAge):
		lasts, source = p.SMaxAge, store.FromSMaxAge
	case p.Has(MaxAge):
		lasts, source = p.MaxAge, store.FromMaxAge
	case !p.targeted && resp.Fields.Has(wire.Expires):
		return expiresFreshness(resp.Fields, t), store.FromExpires
	}
	if p.targeted && source != store.FromNothing {
		source = store.FromTargeted
	}
	if !p.targeted && p.broken&(SMaxAge|MaxAge) != 0 && !p.permits(SMaxAge|MaxAge) && resp.Fields.Has(wire.Expires) {
		return min(span(lasts), expiresFreshness(resp.Fields, t)), source // see Directives
	}
	return span(lasts), source
}

// expiresFreshness is Expires - Date, both by the origin's clock; the time of
// receipt stands in for a missing or invalid Date. An invalid Expires, or two
// of them, lies in the past (RFC 9111 section 5.3).
func expiresFreshness(f *wire.Fields, t Times) store.Instant {
	expires, ok := soleDate(f, wire.Expires)
	if !ok {
		return 0
	}
	return span(expires - dateOf(f, t))
}

// heuristicFreshness needs a Last-Modified. An origin that sends Pragma:
// no-cache and nothing else wants no guesses.
func heuristicFreshness(f *wire.Fields, t Times) (store.Instant, bool) {
	modified, ok := soleDate(f, wire.LastModified)
	if !ok || RequestDirectives(f).set&NoCache != 0 {
		return 0, false
	}
	return min(span(dateOf(f, t)-modified)/10, maxHeuristic), true
}

// dateOf is when the response was generated, by the origin's clock.
func dateOf(f *wire.Fields, t Times) int64 {
	if date, ok := soleDate(f, wire.Date); ok {
		return date
	}
	return unixOf(t.Answered)
}

func clampByRules(lasts store.Instant, status int, rules *Rules) store.Instant {
	if rules.Min != nil && ruleStatus(status) {
		lasts = max(lasts, clampSpan(*rules.Min))
	}
	if rules.Max != nil {
		lasts = min(lasts, clampSpan(*rules.Max))
	}
	return lasts
}

// failureStatus reports whether a response says that the server could not answer.
// Once it is stale it must not be sent instead of the server's current answer.
func failureStatus(status int) bool { return status >= 500 || status == 429 }

func byRule(source store.LifetimeSource) bool {
	switch source {
	case store.FromRuleTTL, store.FromRuleDefault, store.FromRuleNegative:
		return true
	}
	return false
}

// ruleStatus reports whether ttl, default_ttl and min_ttl speak of responses
// with this status: successes and redirects. Errors have negative_ttl.
func ruleStatus(status int) bool {
	switch status {
	case 200, 203, 204, 206, 300, 301, 302, 307, 308:
		return true
	}
	return false
}

// heuristicStatus reports whether the status is heuristically cacheable (RFC
// 9110 section 15.1).
func heuristicStatus(status int) bool {
	switch status {
	case 200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}
