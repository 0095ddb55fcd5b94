package semantics

import "brink/store"

// Rules is what the site's configuration says of one path, in the form that
// decisions need. It is immutable. Durations are store.Instant spans; a pointer
// is nil where the setting was not given.
type Rules struct {
	Off     bool           // cache = "off": a wall, no other setting can make it stored
	TTL     *store.Instant // overrides the origin's freshness
	Default *store.Instant // freshness where the origin gives none
	Min     *store.Instant // lower clamp of the origin's freshness
	Max     *store.Instant // upper clamp

	StaleWhileRevalidate *store.Instant // where the origin does not say
	StaleIfError         *store.Instant // where the origin does not say

	// Negative maps a status code (404, 503) to the freshness of such responses
	// where the origin gives none.
	Negative map[int]store.Instant

	Evict []int // statuses from 400 to 499 that evict the stored response; the others are about the request

	NoHeuristic bool // heuristic freshness is switched off

	HonourClient       bool // client_directives = "honour": no-cache, max-age, min-fresh, max-stale of requests count
	StoreSetCookie     bool // responses with Set-Cookie are stored, cookie and all, for everybody
	StorePrivate       bool // Cache-Control: private is ignored
	StoreNoCache       bool // TTL holds although the origin says no-cache
	StoreAuthorization bool // responses to requests with Authorization are stored without the opt-in of RFC 9111 section 3.5

	// IfUnreachable is how long after its freshness a response is served where
	// the origin cannot be reached and nothing forbids it (RFC 9111 section
	// 4.2.4); 0: not at all.
	IfUnreachable   store.Instant
	UnreachableSaid bool // the conf sets IfUnreachable: then it counts although the response has s-maxage

	StoreLiteral bool // suspect_paths = "cache": paths that are Literal are looked up and stored

	// Extension is the file name extension that all paths of the rule have, in lower
	// case: the rule's own lifetimes hold only for content of that kind. Empty: they
	// hold for any.
	Extension string

	MaxObject int64 // a longer response is not stored; 0: no limit of the rule's own
	Key       KeyRules
	Bypass    Bypass
}

// KeyRules says which parts of a request tell one stored response from
// another, beyond scheme, host and path. What is left out of the key is also
// left out of what the origin is asked.
type KeyRules struct {
	Query   QueryRule
	Params  []string // the parameters that Query keeps or drops; "utm_*": all that begin so
	Sort    bool     // parameters are sorted by name, so that their order does not matter
	Headers []string // request fields in the key, lower case; "hx-*": all that begin so
	Cookies []string // cookies in the key: a shared fetch has no others; "wp_*": all that begin so
	Ignore  []string // request fields that do not matter and that a shared fetch leaves out, lower case; "x-*": all that begin so; "*": all, but a shared fetch has them
	Unknown UnknownFields

	// Keep has request fields, lower case, that go to the origin although they could
	// mislead it. Those that say who asks are sent with every fetch, the others with
	// requests that are passed on. "x-*": all that begin so.
	Keep []string
}

// Bypass says which requests go past the cache. Patterns are names, or the
// beginning of names and "*".
type Bypass struct {
	Cookies []string
	Headers []string // lower case
	Query   []string // names of parameters
}

// QueryRule says what becomes of the query's parameters.
type QueryRule uint8

const (
	QueryAll  QueryRule = iota // all are in the key
	QueryNone                  // none is
	QueryKeep                  // only Params are
	QueryDrop                  // all but Params are
)
