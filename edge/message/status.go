package message

// CacheStatus is what the cache did with a request, and why: the one value
// behind the Cache-Status field (RFC 9211), the access log, the metrics and
// brink explain.
type CacheStatus struct {
	Outcome   Outcome
	Reason    Reason // why not a hit, or why a stale one; ReasonNone for a plain hit
	Store     Reason // of a fetched response: ReasonNone if it was stored, else why not
	Fetched   bool   // an origin was asked for this request
	Stored    bool   // the fetched response was stored
	Collapsed bool   // another request's fetch answered this one
	FwdStatus int    // status code of the origin's response; 0 if none
	TTL       int64  // remaining freshness in seconds, negative when stale; valid if HasTTL
	HasTTL    bool

	// Detail is what Store is about if that is set, else what Reason is about.
	// Empty: nothing more is known. It comes from DetailOf. With ReasonTooLarge it is
	// the length and the limit in bytes, as in "2000000/1048576".
	Detail string
}

// detailReason is the reason that Detail is about.
func (s *CacheStatus) detailReason() Reason {
	if s.Store != ReasonNone {
		return s.Store
	}
	return s.Reason
}

// Outcome is how a request was answered. Its String is a metric label.
type Outcome uint8

const (
	Refused     Outcome = iota // by the node itself, without asking the cache (4xx, redirect rule, ...)
	Hit                        // fresh, from the cache
	Stale                      // stale, from the cache
	Revalidated                // from the cache, after the origin said it still holds
	Miss                       // fetched
	Pass                       // fetched, past the cache
	Failed                     // the origin could not be asked: 502, 503, 504
	Purged                     // a purge, which is in force
	OutcomeCount
)

var outcomes = [OutcomeCount]string{"refused", "hit", "stale", "revalidated", "miss", "pass", "failed", "purged"}

func (o Outcome) String() string { return outcomes[o] }

// Reason names why a response was not used, not stored or not shared. Its
// String is a metric label and a word in logs.
type Reason uint8

const (
	ReasonNone Reason = iota

	// Why a request was not answered from the cache.
	ReasonURIMiss      // nothing is stored for the URL
	ReasonVaryMiss     // responses are stored, none for these request fields
	ReasonExpired      // what is stored is stale
	ReasonNoCache      // the stored response says no-cache; or the response was not stored, as it says no-cache and has no validator
	ReasonRequest      // the client's Cache-Control asks for validation
	ReasonPartial      // what is stored does not hold the range
	ReasonPurged       // what is stored was purged
	ReasonMethod       // the method is not answered from the cache
	ReasonCacheOff     // the path's rule says cache = "off"
	ReasonRequestBody  // a GET or HEAD with content
	ReasonUpgrade      // the request asks to switch protocols
	ReasonSuspectPath  // the path can be read in two ways
	ReasonPrecondition // If-Match or If-Unmodified-Since, which only the origin can answer
	ReasonForgedField  // a field of the key that only a trusted proxy may send
	ReasonBypass       // the rule's bypass sends it past the cache
	ReasonUncacheable  // hit-for-miss: the URL was not storable lately
	ReasonOnlyIfCached // the client takes only a stored response
	ReasonRefresh      // stale, served while it is refreshed
	ReasonRefused      // stale, and the origin refused the last refresh
	ReasonOriginError  // stale, served because the origin failed
	ReasonUnreachable  // stale, served because the origin could not be reached
	ReasonBusy         // the cache could not take a fill: memory, or a waiter gave up
	ReasonDisk         // answered from disk: what is stored was not in RAM

	// Both: NTLM or Negotiate authenticates the connection.
	ReasonConnectionAuth

	// Why a fetched response was not stored.
	ReasonStatus          // the status is neither understood nor explicitly fresh
	ReasonRequestStatus   // the status is about the request: another one may get another
	ReasonNoStore         // Cache-Control: no-store
	ReasonRequestNoStore  // the request said no-store
	ReasonPrivate         // Cache-Control: private
	ReasonAuthorization   // the request had Authorization and the response no opt-in
	ReasonSetCookie       // Set-Cookie without an opt-in
	ReasonCookie          // the request had a cookie, and the response says nothing about caching
	ReasonVaryStar        // Vary: *
	ReasonNoFreshness     // no lifetime, no validator: nothing to reuse
	ReasonTooLarge        // larger than the store takes
	ReasonTooManyVariants // the URL has its full number of variants
	ReasonIncomplete      // cut off, or not as long as announced
	ReasonTooManyTags     // more than a purge would look up
	ReasonUnread          // all clients left early, and the fetch was stopped: too much was missing
	ReasonBadRange        // a 206 that does not fit
	ReasonVaryTooWide     // Vary names too many fields
	ReasonMalformed       // fields that cannot be trusted (two Content-Range, ...)
	ReasonContentType     // not the kind of content of the pattern's extension, and the origin gives no lifetime
	ReasonUnkeyedField    // the request had a field that the key does not know and that is not known to be harmless

	// Why the node answered by itself.
	ReasonUnknownHost    // no site has this host: 421
	ReasonRedirectRule   // the rule redirects
	ReasonRespondRule    // the rule gives a fixed response
	ReasonLoop           // CDN-Loop or Via show that the request was here: 508
	ReasonBadRequest     // 400
	ReasonHeadTooLarge   // 414, 431: target or fields over the limit
	ReasonRequestTimeout // 408: the client was too slow
	ReasonMethodRefused  // TRACE, CONNECT, PURGE from where it is not allowed: 405
	ReasonPurge          // the request was to purge: 200, or 503 if that is in force but not durable
	ReasonPurgePattern   // a purge by a pattern that cannot be covered: 501
	ReasonBodyTooLarge   // 413
	ReasonUnsatisfiable  // 416
	ReasonExpectation    // 417
	ReasonOverload       // the origin's queue is full: 503
	ReasonClientRequests // the client has as many requests under way as it may: 429
	ReasonMemory         // the memory for connections is used up: 503
	ReasonDescriptors    // no file descriptor is left for a connection to the origin: 503
	ReasonOriginTimeout  // 504
	ReasonOriginDown     // 502: no connection
	ReasonOriginResponse // 502: a response that is not HTTP, or cut off in the head
	ReasonPanic          // 500: a fault of the node's own
	ReasonShutdown       // the node was shut down: 503
	ReasonClientGone     // 499 in the log: the client left before it had its answer
	ReasonSlowClient     // 408, or cut off: the client was so slow that others had to wait
	ReasonCount
)

var reasons = [ReasonCount]string{
	ReasonNone: "none", ReasonURIMiss: "uri-miss", ReasonVaryMiss: "vary-miss", ReasonExpired: "expired",
	ReasonNoCache: "no-cache", ReasonRequest: "request", ReasonPartial: "partial", ReasonPurged: "purged",
	ReasonMethod: "method", ReasonCacheOff: "cache-off", ReasonRequestBody: "request-body", ReasonUpgrade: "upgrade",
	ReasonSuspectPath: "suspect-path", ReasonBypass: "bypass", ReasonForgedField: "forged-field", ReasonUncacheable: "hit-for-miss", ReasonOnlyIfCached: "only-if-cached",
	ReasonRefresh: "refresh", ReasonRefused: "refresh-refused", ReasonConnectionAuth: "connection-auth", ReasonOriginError: "origin-error", ReasonUnreachable: "origin-unreachable", ReasonBusy: "busy", ReasonDisk: "disk",
	ReasonStatus: "status", ReasonRequestStatus: "request-status", ReasonNoStore: "no-store", ReasonRequestNoStore: "request-no-store",
	ReasonPrivate: "private", ReasonAuthorization: "authorization", ReasonSetCookie: "set-cookie", ReasonCookie: "cookie",
	ReasonVaryStar: "vary-star", ReasonNoFreshness: "no-freshness", ReasonTooLarge: "too-large",
	ReasonTooManyVariants: "too-many-variants", ReasonTooManyTags: "too-many-tags", ReasonIncomplete: "incomplete", ReasonUnread: "unread", ReasonBadRange: "bad-range",
	ReasonVaryTooWide: "vary-too-wide", ReasonMalformed: "malformed", ReasonUnkeyedField: "unkeyed-field", ReasonContentType: "content-type",
	ReasonUnknownHost: "unknown-host", ReasonRedirectRule: "redirect-rule", ReasonRespondRule: "respond-rule",
	ReasonLoop: "loop", ReasonBadRequest: "bad-request", ReasonHeadTooLarge: "head-too-large", ReasonRequestTimeout: "request-timeout", ReasonMethodRefused: "method-refused",
	ReasonPurge: "purge", ReasonPurgePattern: "purge-pattern",
	ReasonBodyTooLarge: "body-too-large", ReasonPrecondition: "precondition", ReasonUnsatisfiable: "unsatisfiable-range",
	ReasonExpectation: "expectation", ReasonOverload: "overload",
	ReasonClientRequests: "client-requests", ReasonMemory: "memory", ReasonDescriptors: "descriptors", ReasonOriginTimeout: "origin-timeout",
	ReasonOriginDown: "origin-down", ReasonOriginResponse: "origin-response", ReasonPanic: "panic", ReasonShutdown: "shutdown", ReasonClientGone: "client-gone",
	ReasonSlowClient: "slow-client",
}

func (r Reason) String() string { return reasons[r] }
